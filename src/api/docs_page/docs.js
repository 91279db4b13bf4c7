// The page of the API: finds operations in the list of contents, and sends requests with the reader's own token.
// The token lives in this page only; it is neither stored nor sent anywhere but to this server.
"use strict";

const THEME = /(?:^|; )dossier-theme=(light|dark)(?:;|$)/.exec(document.cookie);
if (THEME) document.documentElement.dataset.theme = THEME[1];

let token = "";

/** Returns a new element with a text and a class. */
function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  if (name === "pre") made.tabIndex = 0;
  return made;
}

/** Returns a text that a shell takes as one word. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Returns the request that a form describes; what was left empty is left out. */
function requestOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const field of form.querySelectorAll("[data-in]")) {
    const { name, in: place } = field.dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(field.value));
    else if (field.value === "") continue;
    else if (place === "query") query.set(name, field.value);
    else if (place === "header") headers[name] = field.value;
  }
  if ("keyed" in form.dataset) headers["Idempotency-Key"] = crypto.randomUUID?.() ?? `docs-${Date.now()}`;
  const body = form.querySelector("textarea");
  if (body && body.value.trim()) headers["Content-Type"] = body.dataset.media;
  return {
    url: query.size ? `${path}?${query}` : path,
    method: form.dataset.verb,
    headers,
    body: body && body.value.trim() ? body.value : undefined,
  };
}

/** Returns the same request for a shell; the token stays out of it. */
function asCurl({ url, method, headers, body }) {
  const lines = [`curl -X ${method} ${quoted(location.origin + url)}`];
  if (token) lines.push('-H "Authorization: Bearer $TOKEN"');
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) lines.push(`--data-binary ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

/** Returns JSON with an indent, and any other text as it is. */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Sends what a form describes and shows the answer below it, piece by piece where it stays open. */
async function send(form) {
  const outcome = form.querySelector(".outcome");
  const stop = form.querySelector(".stop");
  const request = requestOf(form);
  const shown = element("pre");
  const abort = new AbortController();
  const began = performance.now();
  outcome.replaceChildren(element("p", "Sending…"));
  stop.hidden = false;
  stop.onclick = () => abort.abort();
  try {
    const headers = token ? { ...request.headers, Authorization: `Bearer ${token}` } : request.headers;
    const answer = await fetch(request.url, {
      method: request.method,
      headers,
      body: request.body,
      credentials: "omit",
      redirect: "follow",
      signal: abort.signal,
    });
    const milliseconds = Math.round(performance.now() - began);
    const status = `${answer.status} ${answer.statusText}`.trim();
    outcome.replaceChildren(
      element("p", `${status}, after ${milliseconds} ms`, answer.ok ? "answered" : "refused"),
      element("pre", [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n")),
      shown,
      element("p", "The same in a shell:"),
      element("pre", asCurl(request)),
    );
    let text = "";
    const decoder = new TextDecoder();
    for (const reader = answer.body?.getReader(); reader; ) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      shown.textContent = text;
    }
    shown.textContent = indented(text);
    shown.hidden = text === "";
  } catch (error) {
    if (abort.signal.aborted) outcome.append(element("p", "Stopped."));
    else outcome.replaceChildren(element("p", `No answer: ${error.message}`, "refused"));
  } finally {
    stop.hidden = true;
  }
}

/** Takes the token of the form in the bar, and says whose it is. */
async function takeToken(form) {
  const caller = form.querySelector("output");
  token = form.querySelector("input").value.trim();
  if (!token) {
    caller.textContent = "No token: only public operations answer.";
    return;
  }
  try {
    const answer = await fetch("/v1/me", { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" });
    const members = await answer.json();
    caller.textContent = answer.ok ? `${members.actor}, as ${members.roles.join(", ")}` : members.detail;
  } catch (error) {
    caller.textContent = `No answer: ${error.message}`;
  }
}

/** Shows the entries of the list of contents that have all words of a text. */
function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const entry of document.querySelectorAll("[data-words]")) {
    entry.hidden = !words.every((word) => entry.dataset.words.includes(word));
    if (!entry.hidden) count += 1;
  }
  for (const group of document.querySelectorAll(".contents > li")) {
    const entries = [...group.querySelectorAll("[data-words]")];
    group.hidden = words.length > 0 && entries.every((entry) => entry.hidden);
  }
  document.getElementById("count").textContent = words.length ? `${count} found` : "";
}

document.addEventListener("DOMContentLoaded", () => {
  const tokenForm = document.getElementById("token-form");
  if (!tokenForm) return;
  for (const part of [tokenForm, document.getElementById("find-line"), ...document.querySelectorAll(".try")]) {
    part.hidden = false;
  }
  document.getElementById("find").addEventListener("input", (event) => find(event.target.value));
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.target === tokenForm) takeToken(tokenForm);
    else send(event.target);
  });
});
