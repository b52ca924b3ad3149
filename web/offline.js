// The service worker: caches the site's files, so that later visits need no download and work offline.
//
// `cargo xtask bundle` inserts a line before this that defines FILES: it maps each file's URL, relative to the page's, to the first
// digits of its SHA-256. All URLs except those of the two pages contain a hash of the content, so cached files never become outdated.
// Each version of the site has a cache of its own, which this worker fills before it becomes active; only then are other versions'
// caches deleted. An update that fails leaves the version before it as it was.
// skipWaiting is not used: an open page may still need the files of its version.
"use strict";

const HOME = self.registration.scope;
// The name contains the path, as other sites may share the origin.
const SITE = "haberdash " + HOME;
// The page names all other files with their hashes, so its own hash identifies the version.
const CACHE = SITE + " " + FILES["./"];
// The timeout for the page itself in milliseconds; after that the cached page is used.
const TIMEOUT = 4000;
// The timeout for an answer of the cache in milliseconds; after that the network is tried.
const CACHE_TIMEOUT = 3000;
// Not cached at installation but after their download: the GPU engine, the test set, the thumbnails and some weights are large, and not
// every visitor needs them; the card is for other sites.
const LATER = /gpu-worker|\.hbd$|metrics\/|thumbnails|test-set\/|card-/;

// The pages, by the URLs in FILES.
const PAGES = ["./", "how-it-works.html"].map((path) => new URL(path, HOME).href);

const known = new Map(Object.entries(FILES).map(([path, hash]) => [new URL(path, HOME).href, hash]));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(clear().catch(() => {}).then(() => self.clients.claim())));
// The page has downloaded what it needs.
self.addEventListener("message", (event) => event.waitUntil(gather()));

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  url.search = url.hash = "";
  if (request.method !== "GET" || !url.href.startsWith(HOME)) {
    return;
  }
  if (url.href === HOME + "index.html") {
    url.href = HOME;
  }
  if (PAGES.includes(url.href)) {
    return event.respondWith(page(url.href));
  }
  event.respondWith(file(event, url.href));
});

// Fails unless every file that this version needs is cached.
async function install() {
  const earlier = new Set();
  for (const name of await otherVersions()) {
    for (const request of await (await caches.open(name)).keys()) {
      earlier.add(withoutHash(request.url));
    }
  }
  // What an earlier version had cached must not be missing from this one.
  const isNeeded = (url) => !LATER.test(url) || earlier.has(withoutHash(url));
  await Promise.all([...known.keys()].filter(isNeeded).map(provide));
  await gather();
}

async function provide(url) {
  if (await cached(url)) {
    return;
  }
  // A page's URL has no hash, so its other copies may be outdated; all copies of other files are valid.
  const sources = PAGES.includes(url)
    ? [() => fetch(url, { cache: "no-cache" })]
    : [() => anyVersion(url), () => fetch(url, { cache: "force-cache" }), () => fetch(url, { cache: "reload" })];
  for (const source of sources) {
    const answer = await source();
    if (answer && (await store(url, answer))) {
      return;
    }
  }
  throw new Error(url + " is not the file that this version lists");
}

// Caches the other files that are in the browser's HTTP cache, without any network request.
async function gather() {
  for (const url of known.keys()) {
    if (!(await cached(url))) {
      await fetch(url, { cache: "only-if-cached", mode: "same-origin" }).then((answer) => store(url, answer)).catch(() => {});
    }
  }
}

// Deletes the caches of other versions. It runs when this version is complete and no page of another version is open.
async function clear() {
  for (const name of await otherVersions()) {
    await caches.delete(name);
  }
}

// The names of their caches. Before there were versions, it was SITE.
async function otherVersions() {
  return (await caches.keys()).filter((name) => name !== CACHE && (name === SITE || name.startsWith(SITE + " ")));
}

function withoutHash(url) {
  return url.replace(/-[0-9a-f]{16}(?=[._])/, "");
}

// This version's copy; undefined if there is none, or if the browser cannot read the cache.
async function cached(url) {
  try {
    return await (await caches.open(CACHE)).match(url);
  } catch (error) {
    return undefined;
  }
}

// Any version's copy of a file with a hash in its name; a new page may be shown before its version is active.
async function anyVersion(url) {
  try {
    return await caches.match(url);
  } catch (error) {
    return undefined;
  }
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

// The current page at this URL, or the cached one if the network does not return it, or not to its end.
async function page(url) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT);
  try {
    const answer = await fetch(url, { cache: "no-cache", signal: controller.signal });
    if (answer.ok && (await answer.clone().text()).trimEnd().endsWith("</html>")) {
      return answer;
    }
    return (await cached(url)) || answer;
  } catch (error) {
    return (await cached(url)) || Response.error();
  } finally {
    clearTimeout(timer);
  }
}

async function file(event, url) {
  // A request that bypasses the caches follows a damaged file.
  const lookup = event.request.cache === "reload" ? Promise.resolve() : anyVersion(url);
  const found = await Promise.race([lookup, new Promise((resolve) => setTimeout(resolve, CACHE_TIMEOUT))]);
  if (found) {
    return found;
  }
  let answer;
  try {
    answer = await fetch(event.request);
  } catch (error) {
    // Without a network, a slow cache is better than none.
    return (await lookup) || Response.error();
  }
  if (known.has(url)) {
    event.waitUntil(store(url, answer.clone()).catch(() => {}));
  }
  return answer;
}
