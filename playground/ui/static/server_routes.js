// The app's routes about servers.

/** A refusal, with its HTTP status. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * What a route answers.
 * @param {string} path below `servers`
 * @param {RequestInit} [options]
 */
export const ask = async (path, options) => {
  const response = await fetch(`gradio_api/servers${path}`, options);
  const said = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(said.error || said.detail || `it returned ${response.status}`, response.status);
  return said;
};
