// The conversation's id, kept for the browser tab: it is a secret, for whoever has it reads the conversation.

const NAME = 'playground-conversation';
const BYTES = 18;

export const conversation = () => {
  const kept = sessionStorage.getItem(NAME);
  if (kept) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  const made = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  sessionStorage.setItem(NAME, made);
  return made;
};
