// Scenarios for report_draft.js, run by Node: a server that keeps versions as the real one does, a line that loses
// requests and answers, and a clock that moves by hand. Each scenario throws if something was lost.
import assert from "node:assert/strict";

const NAMES = ["findings", "impression"];
const clone = (value) => JSON.parse(JSON.stringify(value));
const same = (one, other) => NAMES.every((name) => one[name] === other[name]);

// ---------------------------------------------------------------- the clock
let timers = new Map();
let nextTimer = 1;
let elapsed = 0;
globalThis.setTimeout = (action, milliseconds = 0) => {
  timers.set(nextTimer, { action, at: elapsed + milliseconds });
  return nextTimer++;
};
globalThis.clearTimeout = (timer) => timers.delete(timer);
const settle = async () => { for (let turn = 0; turn < 60; turn++) await Promise.resolve(); };
async function pass(milliseconds) {
  const until = elapsed + milliseconds;
  for (;;) {
    await settle();
    const due = [...timers].filter(([, { at }]) => at <= until).sort((one, other) => one[1].at - other[1].at)[0];
    if (!due) break;
    timers.delete(due[0]);
    elapsed = Math.max(elapsed, due[1].at);
    due[1].action();
  }
  elapsed = until;
  await settle();
}

// ---------------------------------------------------------------- the server and the line to it
class Server {
  constructor() {
    this.report = { version: 1, sections: { findings: "", impression: "" }, holder: "ada", signed: false };
    this.saves = 0;
    this.line = () => "through"; // or: lost-request, lost-answer, signed-out
    this.caller = "ada";
  }
  draft() {
    const { version, sections, holder, signed } = this.report;
    return {
      report_id: "r", status: signed ? "final" : "draft", draft_version: version, sections: clone(sections),
      author_name: holder, updated_at: "2026-11-23T04:00:00+00:00", updated_by_name: holder,
      may_write: !signed && holder === this.caller,
    };
  }
  answer(what, body) {
    const report = this.report;
    if (what === "draft" && !body) return [200, this.draft()];
    if (report.signed) return [409, { error: "signed", code: "ReportAlreadySigned" }];
    if (what === "take-over") { report.holder = this.caller; report.version += 1; return [200, this.draft()]; }
    const changed = [409, { error: "changed", code: "ReportChangedMeanwhile", draft: this.draft() }];
    if (report.holder !== this.caller) return changed;
    if (what === "sign") {
      if (body.draft_version !== report.version) return [409, { error: "changed", code: "ReportChangedMeanwhile" }];
      if (body.password !== "right") return [403, { error: "wrong", code: "SignatureRefused" }];
      report.signed = true;
      return [200, { version_number: 1 }];
    }
    if (!same(body.sections, report.sections)) {
      if (body.draft_version !== report.version) return changed;
      report.sections = clone(body.sections);
      report.version += 1;
      this.saves += 1;
    }
    return [200, { draft_version: report.version, updated_at: "2026-11-23T04:00:00+00:00" }];
  }
  async fetch(address, options) {
    const what = address.split("/").pop();
    const fate = this.line(what);
    if (fate === "lost-request") throw new TypeError("network");
    if (fate === "signed-out") return reply(401, { error: "signed out", code: "NotSignedIn" });
    const [status, content] = this.answer(what, options.body ? JSON.parse(options.body) : undefined);
    await Promise.resolve();
    if (fate === "lost-answer") throw new TypeError("network");
    return reply(status, content);
  }
}
const reply = (status, content) => ({ ok: status < 400, status, json: async () => clone(content) });

let server;
globalThis.fetch = (address, options) => server.fetch(address, options);
const { Draft } = await import(process.argv[2]);

async function tab(report = "r") {
  const seen = { text: null, gone: 0 };
  const draft = new Draft(report, {
    onChange: () => {},
    onText: (text) => { seen.text = clone(text); },
    onGone: () => { seen.gone += 1; },
  });
  await Promise.all([draft.load(), settle()]);
  return { draft, seen };
}
function fresh() {
  timers = new Map();
  server = new Server();
}

const scenarios = {
  async "typing is saved once, after the hand rests"() {
    const { draft } = await tab();
    for (const text of ["N", "No", "No b"]) { draft.type("findings", text); await pass(100); }
    assert.equal(server.saves, 0);
    assert.equal(draft.phase, "typing");
    await pass(600);
    assert.equal(server.saves, 1);
    assert.equal(server.report.sections.findings, "No b");
    assert.equal(draft.phase, "saved");
  },
  async "a stale save overwrites nothing and shows both texts"() {
    const one = await tab();
    const two = await tab();
    one.draft.type("findings", "from one"); await pass(1000);
    two.draft.type("findings", "from two"); await pass(1000);
    assert.equal(two.draft.phase, "conflict");
    assert.equal(server.report.sections.findings, "from one");
    assert.equal(two.draft.theirs.sections.findings, "from one");
    assert.equal(two.draft.current.findings, "from two");
    await two.draft.resolve({ ...two.draft.theirs.sections, findings: "from two\n\nfrom one" });
    assert.equal(two.draft.phase, "saved");
    assert.equal(server.report.sections.findings, "from two\n\nfrom one");
  },
  async "nothing is saved while a conflict waits"() {
    const one = await tab();
    const two = await tab();
    one.draft.type("findings", "one"); await pass(1000);
    two.draft.type("findings", "two"); await pass(1000);
    const before = server.saves;
    two.draft.type("findings", "two more"); await pass(60000); two.draft.sendOff(); await settle();
    assert.equal(server.saves, before);
    assert.ok(two.draft.isAtRisk);
  },
  async "a lost answer is no conflict, even after more was typed"() {
    const { draft } = await tab();
    const fates = ["lost-answer", "lost-answer", "lost-request", "lost-request"];
    server.line = (what) => (what === "draft" && fates.length ? fates.shift() : "through");
    draft.type("findings", "one"); await pass(700);
    assert.equal(draft.phase, "failed");
    draft.type("findings", "one two"); await pass(700);
    draft.type("findings", "one two three"); await pass(60000);
    assert.equal(draft.phase, "saved");
    assert.equal(server.report.sections.findings, "one two three");
  },
  async "signed out, the text stays and is saved as soon as that is over"() {
    const { draft } = await tab();
    server.line = () => "signed-out";
    draft.type("findings", "kept"); await pass(5000);
    assert.equal(draft.phase, "failed");
    assert.equal(draft.why, "signed out");
    server.line = () => "through";
    await pass(20000);
    assert.equal(draft.phase, "saved");
    assert.equal(server.report.sections.findings, "kept");
  },
  async "what is typed during a save is saved after it"() {
    const { draft } = await tab();
    draft.type("findings", "a");
    const saving = draft.flush();
    draft.type("findings", "ab");
    await saving; await pass(1000);
    assert.equal(server.report.sections.findings, "ab");
    assert.equal(draft.phase, "saved");
  },
  async "an editor that goes sends its text, and the next one begins with it"() {
    const { draft } = await tab();
    draft.type("findings", "typed at the last moment");
    draft.close();
    const next = await tab();
    assert.equal(next.draft.current.findings, "typed at the last moment");
    assert.equal(next.draft.phase, "saved");
    assert.equal(server.report.sections.findings, "typed at the last moment");
  },
  async "an editor that goes without a line leaves its text to the next one"() {
    const { draft } = await tab();
    server.line = () => "lost-request";
    draft.type("findings", "typed without a line");
    draft.close(); await settle();
    server.line = () => "through";
    const next = await tab();
    assert.equal(next.seen.text.findings, "typed without a line");
    await pass(1000);
    assert.equal(server.report.sections.findings, "typed without a line");
  },
  async "text that waited meets a newer one as a conflict"() {
    const { draft } = await tab();
    server.line = () => "lost-request";
    draft.type("findings", "waiting");
    draft.close(); await settle();
    server.line = () => "through";
    server.report.sections.findings = "newer"; server.report.version += 1;
    const next = await tab();
    assert.equal(next.draft.phase, "conflict");
    assert.equal(next.draft.current.findings, "waiting");
    assert.equal(next.draft.theirs.sections.findings, "newer");
  },
  async "a page that goes during a save sends what is newer after it"() {
    const { draft } = await tab();
    draft.type("findings", "a");
    const saving = draft.flush();
    draft.type("findings", "ab");
    const sent = draft.sendOff();
    await saving; await sent; await settle();
    assert.equal(server.report.sections.findings, "ab");
  },
  async "a window that comes to the front shows what another one saved"() {
    const one = await tab();
    const two = await tab();
    one.draft.type("findings", "new"); await pass(1000);
    await two.draft.refresh(); await settle();
    assert.equal(two.seen.text.findings, "new");
    two.draft.type("findings", "new and more"); await pass(1000);
    assert.equal(two.draft.phase, "saved");
  },
  async "a refresh never replaces text that is being typed"() {
    const one = await tab();
    const two = await tab();
    one.draft.type("findings", "new"); await pass(1000);
    const refreshing = two.draft.refresh();
    two.draft.type("findings", "mine");
    await refreshing; await settle();
    assert.equal(two.draft.current.findings, "mine");
    await pass(1000);
    assert.equal(two.draft.phase, "conflict");
  },
  async "a draft that somebody took over is not saved over, and can be taken back"() {
    const { draft } = await tab();
    server.report.holder = "ben"; server.report.version += 1; server.report.sections.findings = "by ben";
    draft.type("findings", "by ada"); await pass(1000);
    assert.equal(draft.phase, "gone");
    assert.equal(draft.reason, "HeldByOther");
    assert.equal(server.report.sections.findings, "by ben");
    await draft.takeOver();
    assert.equal(draft.phase, "conflict");
    assert.equal(draft.current.findings, "by ada");
    assert.equal(draft.theirs.sections.findings, "by ben");
  },
  async "signing saves first, and signs exactly what is on the page"() {
    const { draft } = await tab();
    draft.type("impression", "Normal.");
    await assert.rejects(draft.sign({ password: "wrong" }), /wrong/);
    assert.equal(server.report.sections.impression, "Normal.");
    await draft.sign({ password: "right" });
    assert.ok(server.report.signed);
  },
  async "nothing is signed when another tab has saved meanwhile"() {
    const one = await tab();
    const two = await tab();
    one.draft.type("findings", "newer"); await pass(1000);
    await assert.rejects(two.draft.sign({ password: "right" }), /changed/);
    assert.equal(server.report.signed, false);
    assert.equal(two.draft.phase, "saved"); // it had nothing of its own: the newer text is shown
    assert.equal(two.seen.text.findings, "newer");
  },
  async "nothing is signed that could not be saved"() {
    const { draft } = await tab();
    server.line = () => "lost-request";
    draft.type("findings", "x");
    await assert.rejects(draft.sign({ password: "right" }));
    assert.equal(server.report.signed, false);
  },
  async "a report signed elsewhere takes nothing more, and the text stays to be read"() {
    const { draft } = await tab();
    server.report.signed = true;
    draft.type("findings", "late"); await pass(1000);
    assert.equal(draft.phase, "gone");
    assert.equal(draft.current.findings, "late");
    assert.ok(draft.isAtRisk);
  },
  async "whatever the line loses, no word that was typed is lost"() {
    for (let seed = 1; seed <= 150; seed++) {
      fresh();
      const random = randomOf(seed);
      const isBad = () => random() < 0.35;
      server.line = () => (isBad() ? (random() < 0.5 ? "lost-request" : "lost-answer") : "through");
      const tabs = [];
      while (tabs.length < 2) { const each = await tab(); if (each.draft.phase === "saved") tabs.push(each.draft); }
      const words = [];
      for (let step = 0; step < 30; step++) {
        const draft = tabs[Math.floor(random() * 2)];
        const name = NAMES[Math.floor(random() * 2)];
        if (draft.phase === "conflict") await settleConflict(draft);
        else {
          const word = `w${step}`;
          words.push(word);
          draft.type(name, `${draft.current[name]} ${word}`);
        }
        await pass(Math.floor(random() * 1500));
        if (random() < 0.2) await draft.refresh();
      }
      server.line = () => "through";
      for (let round = 0; round < 6; round++) {
        for (const draft of tabs) {
          await draft.flush(); await pass(20000);
          if (draft.phase === "conflict") await settleConflict(draft);
          await pass(20000);
        }
      }
      const kept = `${server.report.sections.findings} ${server.report.sections.impression}`.split(/\s+/);
      for (const word of words) assert.ok(kept.includes(word), `seed ${seed}: ${word} is lost: ${kept}`);
      for (const draft of tabs) assert.equal(draft.phase, "saved", `seed ${seed}`);
    }
  },
};

async function settleConflict(draft) {
  const merged = {};
  for (const name of NAMES) {
    const [mine, theirs] = [draft.current[name], draft.theirs.sections[name]];
    merged[name] = mine === theirs ? mine : `${mine}\n\n${theirs}`;
  }
  await draft.resolve(merged);
}

function randomOf(seed) {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const results = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  fresh();
  try {
    await scenario();
    results[name] = "";
  } catch (problem) {
    results[name] = problem.stack;
  }
}
process.stdout.write(JSON.stringify(results));
