// One request to the server, with its progress both ways. Knows nothing of uploads.

/**
 * Sends a request. Never fails: status 0 stands for a connection that broke or was given up.
 * `onBytes(loaded)` tells how much of the body is on its way, `onLines(lines)` hands over complete lines of JSON.
 */
export function call({ method, url, headers = {}, body = null, signal = null, onBytes = null, onLines = null }) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let read = 0;
    const takeLines = () => {
      const text = request.responseText;
      const end = text.lastIndexOf("\n") + 1;
      if (end <= read) return;
      const lines = text.slice(read, end).split("\n").filter(Boolean).map((line) => JSON.parse(line));
      read = end;
      if (lines.length) onLines(lines);
    };
    const giveUp = () => request.abort();
    if (onBytes) request.upload.onprogress = (event) => onBytes(event.loaded);
    if (onLines) request.onprogress = () => request.status === 200 && takeLines();
    request.onloadend = () => {
      signal?.removeEventListener("abort", giveUp);
      if (onLines && request.status === 200) takeLines();
      resolve({
        status: request.status,
        text: onLines && request.status === 200 ? "" : request.responseText,
        get: (name) => request.getResponseHeader(name),
      });
    };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (signal?.aborted) return request.onloadend();
    signal?.addEventListener("abort", giveUp);
    request.send(body);
  });
}
