// The service worker: caches the site's files, so that later visits need no download and work offline.
//
// `cargo xtask bundle` inserts a line before this that defines FILES: it maps each file's URL, relative to the page's, to the first
// digits of its SHA-256. All URLs except the page's own ("./") contain a hash of the content, so cached files never become outdated.
// skipWaiting is not used: an open page may still need the files of its version.
"use strict";

const HOME = self.registration.scope;
// The name contains the path, as other sites may share the origin.
const CACHE = "haberdash " + HOME;
// The timeout for the page itself in milliseconds; after that the cached page is used.
const TIMEOUT = 4000;
// Not cached at installation but after their download: the GPU engine, the test set and some weights are large, and not every visitor
// needs them.
const LATER = /gpu-worker|\.hbd$|metrics\/|test-set\//;

const known = new Map(Object.entries(FILES).map(([path, hash]) => [new URL(path, HOME).href, hash]));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(clear().then(() => self.clients.claim())));
// The page has downloaded what it needs.
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
    // The page's URL has no hash, so its copy in the browser's cache may be outdated; all other copies are valid.
    for (const cache of url === HOME ? ["no-cache"] : ["force-cache", "reload"]) {
      if ((url !== HOME && (await cached(url))) || (await store(url, await fetch(url, { cache })))) {
        return;
      }
    }
    throw new Error(url + " is not the file that this version lists");
  }));
  await gather();
}

// Caches the other files that are in the browser's HTTP cache, without any network request.
async function gather() {
  for (const url of known.keys()) {
    if (!(await cached(url))) {
      await fetch(url, { cache: "only-if-cached", mode: "same-origin" }).then((answer) => store(url, answer)).catch(() => {});
    }
  }
}

// Deletes files of other versions. It runs when no page of another version is open.
async function clear() {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    if (!known.has(request.url)) {
      await cache.delete(request);
    }
  }
}

async function cached(url) {
  return (await caches.open(CACHE)).match(url);
}

// Caches a response if its content has the listed hash. Returns whether it did.
async function store(url, answer) {
  if (!answer.ok || answer.redirected) {
    return false;
  }
  const copy = answer.clone();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.arrayBuffer()));
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!digits.startsWith(known.get(url))) {
    return false;
  }
  await (await caches.open(CACHE)).put(url, copy);
  return true;
}

// The current page, or the cached one if the network does not return it.
async function page() {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT);
  try {
    const answer = await fetch(HOME, { cache: "no-cache", signal: controller.signal });
    if (answer.ok) {
      return answer;
    }
    return (await cached(HOME)) || answer;
  } catch (error) {
    return (await cached(HOME)) || Response.error();
  } finally {
    clearTimeout(timer);
  }
}

async function file(event, url) {
  // A request that bypasses the caches follows a damaged file.
  const found = event.request.cache === "reload" ? undefined : await cached(url);
  if (found) {
    return found;
  }
  const answer = await fetch(event.request);
  if (known.has(url)) {
    event.waitUntil(store(url, answer.clone()).catch(() => {}));
  }
  return answer;
}
