// What was dropped or chosen: files with their paths, out of folders in folders. Sends nothing.

const FILES_AT_ONCE = 250;
const FOLDERS_AHEAD = 32;

/** The files of a drop, some at a time. Entries must be asked for before anything is waited for, or the browser forgets them. */
export function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  return entries.length ? filesOfEntries(entries) : [[...transfer.files].map((file) => ({ file, name: file.name }))];
}

/** The files of an input, some at a time. */
export const filesOfInput = (input) =>
  portionsOf([...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })).sort(byName));

function* portionsOf(files) {
  for (let from = 0; from < files.length; from += FILES_AT_ONCE) yield files.slice(from, from + FILES_AT_ONCE);
}

const order = new Intl.Collator("en", { numeric: true });
const byName = (one, other) => order.compare(one.name, other.name);

/**
 * The files below some entries, some at a time as they are found, in the order of their paths. A file or folder that cannot
 * be read is there as well, without octets and with a `problem`: which of the page's words say so.
 */
export async function* filesOfEntries(entries) {
  let some = [];
  for await (const found of below(entries, "")) {
    some.push(found);
    if (some.length < FILES_AT_ONCE) continue;
    yield await Promise.all(some.map(fileOf));
    some = [];
  }
  if (some.length) yield await Promise.all(some.map(fileOf));
}

/** Entries of files, and what could not be read of the folders. Of folders the next ones are read ahead: on a share each waits. */
async function* below(entries, folder) {
  entries.sort(byName);
  const read = [];
  for (const [position, entry] of entries.entries()) {
    const ahead = Math.min(position + FOLDERS_AHEAD, entries.length);
    for (let next = Math.max(position, read.length); next < ahead; next += 1) read[next] = entries[next].isFile ? null : entriesOf(entries[next]);
    const name = folder + entry.name;
    if (entry.isFile) {
      yield { entry, name };
      continue;
    }
    const { inner, isWhole } = await read[position];
    read[position] = null;
    if (!isWhole) yield { name: `${name}/`, problem: "unread_folder" };
    yield* below(inner, `${name}/`);
  }
}

async function entriesOf(folder) {
  const reader = folder.createReader();
  const inner = [];
  for (;;) {
    // A browser gives a hundred at a time, until it gives none.
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
    if (!some?.length) return { inner, isWhole: some !== null };
    inner.push(...some);
  }
}

async function fileOf({ entry, name, problem = "unreadable" }) {
  const file = entry && (await new Promise((resolve) => entry.file(resolve, () => resolve(null))));
  // What cannot be read is of no date, so that it is the same one however often it is dropped.
  return file ? { file, name } : { file: new File([], name, { lastModified: 0 }), name, problem };
}
