// Reads one of our own routes: JSON in server-sent events.

const DATA = 'data: '.length;

/**
 * @param {ReadableStream<BufferSource>} body
 * @param {(frame: any) => void} take
 */
async function read(body, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    buffer += value;
    let from = 0;
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n', from)) {
      take(JSON.parse(buffer.slice(from + DATA, end)));
      from = end + 2;
    }
    buffer = buffer.slice(from);
  }
}

/**
 * Post JSON, and be given each frame of the answer.
 * @param {string} route
 * @param {object} body
 * @param {AbortSignal} signal
 * @param {(frame: any) => void} take
 */
export async function post(route, body, signal, take) {
  const headers = {'content-type': 'application/json'};
  const response = await fetch(`gradio_api/${route}`, {method: 'POST', signal, headers, body: JSON.stringify(body)});
  if (!response.ok) {
    const said = await response.json().catch(() => ({}));
    throw new Error(said.error || `it returned ${response.status}`);
  }
  if (response.body) await read(response.body, take);
}
