// A file in pieces that can be gone on with, after the protocol tus 1.0: begun, asked for, sent a slice at a time, heard to its
// end, removed. Each is one request; what follows from its answer is for whoever asks (`upload_engine.js`).

const TUS = "/api/v1/tus";
const PROTOCOL = { "tus-resumable": "1.0.0" };
const SLICE_BYTES = 64 * 1024 * 1024;

const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export class Pieces {
  /** `call` sends one request (`upload_wire.js`). */
  constructor(call) {
    this.call = call;
  }

  /** Begins an upload of this file; from then on it has an `upload`: its `id`, and the `offset` up to which the server has it. */
  async begin(item, signal) {
    const { endpoint = TUS, said = {} } = item.attachment || {};
    const metadata = { filename: item.name, fingerprint: item.fingerprint, ...said };
    const answer = await this.call({
      method: "POST",
      url: endpoint,
      headers: {
        ...PROTOCOL,
        "upload-length": String(item.size),
        "upload-metadata": Object.entries(metadata).map(([name, text]) => `${name} ${inBase64(text)}`).join(),
      },
      signal,
    });
    if (answer.status === 201) item.upload = { id: answer.get("location").split("/").pop(), offset: 0 };
    return answer;
  }

  /** Sends the next piece; `onBytes` hears how much of the whole file is on its way. */
  async send(item, signal, onBytes) {
    const { id, offset } = item.upload;
    const answer = await this.call({
      method: "PATCH",
      url: `${TUS}/${id}`,
      headers: { ...PROTOCOL, "content-type": "application/offset+octet-stream", "upload-offset": String(offset) },
      body: item.file.slice(offset, offset + SLICE_BYTES),
      signal,
      onBytes: (loaded) => onBytes(offset + loaded),
    });
    // After anything but a plain yes, where it goes on is for the server to say.
    item.upload.offset = answer.status === 204 ? Number(answer.get("upload-offset")) : Number.NaN;
    return answer;
  }

  /** Asks how far the server has it. */
  async ask(item, signal) {
    const answer = await this.call({ method: "HEAD", url: `${TUS}/${item.upload.id}`, headers: PROTOCOL, signal });
    if (answer.status === 200) item.upload.offset = Number(answer.get("upload-offset"));
    return answer;
  }

  /** Hears what becomes of a file that is whole, from what was not told yet on. */
  hear(item, signal, onLines) {
    return this.call({ method: "GET", url: `${TUS}/${item.upload.id}/outcomes?from=${item.told}`, signal, onLines });
  }

  /** Removes what the server has of an upload. */
  remove(id) {
    return this.call({ method: "DELETE", url: `${TUS}/${id}`, headers: PROTOCOL });
  }
}
