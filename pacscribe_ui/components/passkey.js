// The browser's side of a passkey: options and answers as JSON. Older browsers lack the conversions, so they are here.

const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const hasPasskeys = () => typeof window !== "undefined" && !!window.PublicKeyCredential && window.isSecureContext;

function withOctets(options) {
  const described = (list) => (list || []).map((each) => ({ ...each, id: octets(each.id) }));
  const read = { ...options, challenge: octets(options.challenge) };
  if (options.user) read.user = { ...options.user, id: octets(options.user.id) };
  if (options.excludeCredentials) read.excludeCredentials = described(options.excludeCredentials);
  if (options.allowCredentials) read.allowCredentials = described(options.allowCredentials);
  return read;
}

function answerOf(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports ? response.getTransports() : [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    answer.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment || null,
    clientExtensionResults: {},
    response: answer,
  });
}

export async function makePasskey(options) {
  return answerOf(await navigator.credentials.create({ publicKey: withOctets(options) }));
}

export async function usePasskey(options) {
  return answerOf(await navigator.credentials.get({ publicKey: withOctets(options) }));
}

// The sentence for what the browser itself refused; one whose owner only changed their mind is no failure.
export function sentenceOf(problem, words) {
  if (problem?.sentence) return problem.sentence;
  if (problem?.name === "NotAllowedError" || problem?.name === "AbortError") return words.cancelled;
  if (problem?.name === "InvalidStateError") return words.known;
  return words.failed;
}

export async function post(path, body, words) {
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw { sentence: words.no_connection };
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (!response.ok) throw { sentence: answer.error || words.no_connection };
  return answer;
}
