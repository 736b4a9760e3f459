// What a browser remembers of an upload that is not finished: which files were answered, and how. Never a name: of each
// file only an HMAC of path, size and date is kept, under a key that the server gives to its sender's session alone.

const NAME = "pacscribe-uploads";
const KEPT_MS = 7 * 24 * 3600 * 1000;

const hex = (buffer) => [...new Uint8Array(buffer)].map((octet) => octet.toString(16).padStart(2, "0")).join("");

export class Journal {
  constructor(key, owner, database) {
    this.key = key;
    this.owner = owner;
    this.database = database;
  }

  /** Opens the journal of whoever has this key. Without a place to write it remembers nothing, and sending works all the same. */
  static async open(keyInBase64) {
    const key = await keyOf(keyInBase64);
    const owner = await blinded(key, "owner");
    const journal = new Journal(key, owner, await openDatabase());
    await journal.#forgetOld();
    return journal;
  }

  /** One that remembers nothing, of files of which the server knows all: it only tells them apart. */
  static async forgetful(keyInBase64) {
    return new Journal(await keyOf(keyInBase64), "", null);
  }

  /** By what a file is known again; for another purpose it is another file. */
  fingerprint({ name, file, attachment }) {
    return blinded(this.key, JSON.stringify([name, file.size, file.lastModified, ...Object.values(attachment?.said || {})]));
  }

  /** What was answered: fingerprint to what was recorded. */
  async answered() {
    const rows = (await this.#rows("answered")) || [];
    return new Map(rows.map((row) => [row.fingerprint, row.record]));
  }

  /** The upload that is not finished: `{ files, bytes, startedAt }`; null if there is none. */
  async unfinished() {
    const rows = (await this.#rows("uploads")) || [];
    return rows[0] || null;
  }

  /** An upload begins, or grows. */
  begin(files, bytes) {
    return this.#write("uploads", [{ owner: this.owner, files, bytes, startedAt: Date.now() }]);
  }

  /** Files were answered: `[[fingerprint, record], ...]`. */
  record(entries) {
    const at = Date.now();
    return this.#write(
      "answered",
      entries.map(([fingerprint, record]) => ({ owner: this.owner, fingerprint, record, at })),
    );
  }

  /** Everything is answered, or given up: nothing is remembered. */
  async clear() {
    for (const store of ["answered", "uploads"]) {
      await this.#run(store, "readwrite", (found) => found.delete(this.#mine(store)));
    }
  }

  #mine(store) {
    return store === "uploads" ? this.owner : IDBKeyRange.bound([this.owner, ""], [this.owner, "g"]);
  }

  #rows(store) {
    return this.#run(store, "readonly", (found) => found.getAll(this.#mine(store)));
  }

  #write(store, rows) {
    return this.#run(store, "readwrite", (found) => {
      for (const row of rows) found.put(row);
    });
  }

  async #forgetOld() {
    const before = Date.now() - KEPT_MS;
    await this.#run("answered", "readwrite", (found) => found.index("at").openCursor(IDBKeyRange.upperBound(before)), (cursor) => {
      cursor.delete();
      cursor.continue();
    });
    const upload = await this.unfinished();
    if (upload && upload.startedAt < before) await this.clear();
  }

  #run(store, mode, action, onCursor) {
    if (!this.database) return Promise.resolve(null);
    return new Promise((resolve) => {
      let result = null;
      try {
        const transaction = this.database.transaction(store, mode);
        const request = action(transaction.objectStore(store));
        if (request) {
          request.onsuccess = () => {
            result = request.result;
            if (onCursor && result) onCursor(result);
          };
        }
        transaction.oncomplete = () => resolve(result);
        transaction.onerror = transaction.onabort = () => resolve(null); // full or forbidden: nothing is remembered
      } catch {
        resolve(null);
      }
    });
  }
}

function keyOf(text) {
  const octets = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return crypto.subtle.importKey("raw", octets, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

async function blinded(key, text) {
  return hex(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text))).slice(0, 40);
}

function openDatabase() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        const answered = request.result.createObjectStore("answered", { keyPath: ["owner", "fingerprint"] });
        answered.createIndex("at", "at");
        request.result.createObjectStore("uploads", { keyPath: "owner" });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => resolve(null);
    } catch {
      resolve(null); // no storage in this window
    }
  });
}
