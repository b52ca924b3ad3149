// The service worker: keeps the site's files, so that a second visit needs no download and works offline.
//
// `cargo xtask bundle` writes the line that defines FILES before these: each file's address, relative to the page's, to the
// first digits of its SHA-256. All but the page's own address ("./") hold a hash of their content, so what is kept never
// ages. No skipWaiting: a page that is open may still need the files of its version.
"use strict";

const HOME = self.registration.scope;
// Other sites may share the origin.
const STORE = "haberdash " + HOME;
// After so long without an answer the network is as good as none.
const PATIENCE = 4000;
// Kept beforehand; the others when they have been fetched: the GPU engine, the test set and some weights are large, and not
// wanted by all.
const LATER = /gpu-worker|\.hbd$|metrics\/|test-set\//;

const known = new Map(Object.entries(FILES).map(([path, hash]) => [new URL(path, HOME).href, hash]));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(clear().then(() => self.clients.claim())));
// The page has fetched what it needs.
self.addEventListener("message", (event) => event.waitUntil(gather()));

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  url.search = url.hash = "";
  if (request.method !== "GET" || !url.href.startsWith(HOME)) {
    return;
  }
  if (url.href === HOME || url.href === HOME + "index.html") {
    return event.respondWith(page());
  }
  event.respondWith(file(event, url.href));
});

async function install() {
  await Promise.all([...known.keys()].filter((url) => !LATER.test(url)).map(async (url) => {
    // The page's address says nothing of its content; all others do, so the browser's own copy is as good as new.
    for (const cache of url === HOME ? ["no-cache"] : ["force-cache", "reload"]) {
      if ((url !== HOME && (await kept(url))) || (await keep(url, await fetch(url, { cache })))) {
        return;
      }
    }
    throw new Error(url + " is not the file that this version lists");
  }));
  await gather();
}

// Keeps of the other files what the browser has at hand, and asks the network for none.
async function gather() {
  for (const url of known.keys()) {
    if (!(await kept(url))) {
      await fetch(url, { cache: "only-if-cached", mode: "same-origin" }).then((answer) => keep(url, answer)).catch(() => {});
    }
  }
}

// Removes what this version does not know, once no page of another one is open.
async function clear() {
  const store = await caches.open(STORE);
  for (const request of await store.keys()) {
    if (!known.has(request.url)) {
      await store.delete(request);
    }
  }
}

async function kept(url) {
  return (await caches.open(STORE)).match(url);
}

// Keeps an answer whose content is what the list says; whether it did.
async function keep(url, answer) {
  if (!answer.ok || answer.redirected) {
    return false;
  }
  const copy = answer.clone();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.arrayBuffer()));
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!digits.startsWith(known.get(url))) {
    return false;
  }
  await (await caches.open(STORE)).put(url, copy);
  return true;
}

// The page as it is now; the one that is kept, only where the network gives none.
async function page() {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const answer = await fetch(HOME, { cache: "no-cache", signal: patience.signal });
    if (answer.ok) {
      return answer;
    }
    return (await kept(HOME)) || answer;
  } catch (error) {
    return (await kept(HOME)) || Response.error();
  } finally {
    clearTimeout(timer);
  }
}

async function file(event, url) {
  // Whoever asks past every cache has been given a damaged file.
  const found = event.request.cache === "reload" ? undefined : await kept(url);
  if (found) {
    return found;
  }
  const answer = await fetch(event.request);
  if (known.has(url)) {
    event.waitUntil(keep(url, answer.clone()).catch(() => {}));
  }
  return answer;
}
