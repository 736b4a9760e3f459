// What was dropped or chosen: files with their paths, out of folders in folders. Sends nothing.

const AT_ONCE = 32;

/** The files of a drop. Entries must be asked for before anything is waited for, or the browser forgets them. */
export async function filesOfDrop(transfer, onFound = () => {}) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  return filesOfEntries(entries, onFound);
}

/** The files of an input. */
export const filesOfInput = (input) =>
  inOrder([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));

const order = new Intl.Collator("en", { numeric: true });
const inOrder = (files) => files.sort((one, other) => order.compare(one.name, other.name));

/**
 * The files below some entries, in the order of their paths. A file or folder that cannot be read is there as well, without
 * octets and with a `problem`: which of the page's words say so.
 */
export async function filesOfEntries(entries, onFound = () => {}) {
  const found = [];
  const waiting = entries.map((entry) => ({ entry, folder: "" }));
  let working = 0;
  await new Promise((resolve, reject) => {
    const next = () => {
      if (!waiting.length && !working) return resolve();
      while (waiting.length && working < AT_ONCE) {
        working += 1;
        lookInto(waiting.pop(), waiting, found)
          .then(() => {
            working -= 1;
            onFound(found.length);
            next();
          })
          .catch(reject);
      }
    };
    next();
  });
  return inOrder(found);
}

async function lookInto({ entry, folder }, waiting, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    found.push(file ? { file, name: folder + entry.name } : unread(folder + entry.name, "unreadable"));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A browser gives a hundred at a time, until it gives none.
    const inner = await new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
    if (!inner) found.push(unread(`${folder}${entry.name}/`, "unread_folder"));
    if (!inner?.length) return;
    for (const each of inner) waiting.push({ entry: each, folder: `${folder}${entry.name}/` });
  }
}

// Of no date, so that it is the same one however often it is dropped.
const unread = (name, problem) => ({ file: new File([], name, { lastModified: 0 }), name, problem });
