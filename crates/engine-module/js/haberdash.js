// The interface of the engine; haberdash.d.ts describes it. The models are in haberdash_bg.wasm.
import start, { Engine, PreparedImage } from "./haberdash_bg.js";

export class HaberdashError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = "HaberdashError";
    this.code = code;
  }
}

// The codes of the errors that haberdash_bg.wasm throws, in their `name`.
const CODES = ["input", "image", "weights", "not-loaded"];
// The side of an overlay in pixels.
const OVERLAY = { default: 280, min: 28, max: 1024 };

// The start of haberdash_bg.wasm, which all engines share.
let started;
// A trap leaves the wasm's memory in an unknown state.
let crash = null;

export class Haberdash {
  #engine;

  constructor(engine) {
    if (!(engine instanceof Engine)) {
      throw new HaberdashError("input", "An engine needs its weights: make it with Haberdash.load");
    }
    this.#engine = engine;
  }

  static async load(options = {}) {
    const { models, signal, weights } = options;
    const addresses = new Map(Object.entries(weights ?? (await publishedWeights(signal))));
    const names = models === undefined ? [...addresses.keys()] : Array.from(models);
    if (names.length === 0) {
      throw new HaberdashError("input", "No weights are named: name at least one model");
    }
    const unknown = names.find((name) => !addresses.has(name));
    if (unknown !== undefined) {
      throw new HaberdashError("input", `"${unknown}" has no weights: the names are ${[...addresses.keys()].join(", ")}`);
    }
    const urls = names.map((name) => address(addresses.get(name)));
    const [, ...files] = await Promise.all([startWasm(), ...urls.map((url) => read(url, signal))]);
    const engine = call(() => new Engine());
    try {
      names.forEach((name, index) => call(() => engine.load(name, files[index])));
    } catch (error) {
      release(engine);
      throw error;
    }
    return new Haberdash(engine);
  }

  get models() {
    return call(() => this.#live().models());
  }

  get labels() {
    return call(() => Engine.labels());
  }

  classify(image) {
    const engine = this.#live();
    return call(() => engine.classify(prepare(image)));
  }

  explain(image, options) {
    const engine = this.#live();
    const { model, label, overlaySide = OVERLAY.default } = options ?? {};
    if (typeof model !== "string" || !["string", "undefined"].includes(typeof label)) {
      throw new HaberdashError("input", "An explanation needs the names of a model and a class: pass { model, label }");
    }
    if (!Number.isInteger(overlaySide) || overlaySide < OVERLAY.min || overlaySide > OVERLAY.max) {
      throw new HaberdashError("input", `The overlay's side is ${overlaySide}: pass a whole number from ${OVERLAY.min} to ${OVERLAY.max}`);
    }
    return call(() => engine.explain(prepare(image), model, label, overlaySide));
  }

  dispose() {
    if (this.#engine) {
      release(this.#engine);
      this.#engine = null;
    }
  }

  #live() {
    if (!this.#engine) {
      throw new HaberdashError("disposed", "This engine was disposed of: make another one with Haberdash.load");
    }
    return this.#engine;
  }
}

function release(engine) {
  if (!crash) {
    engine.free();
  }
}

// Gives the errors of the wasm their class.
function call(action) {
  if (crash) {
    throw crashed();
  }
  try {
    return action();
  } catch (error) {
    if (error instanceof HaberdashError) {
      throw error;
    }
    if (CODES.includes(error?.name)) {
      throw new HaberdashError(error.name, error.message);
    }
    crash = error;
    throw crashed();
  }
}

function crashed() {
  return new HaberdashError("engine", "The engine has crashed: load the page or the worker again", { cause: crash });
}

function prepare(image) {
  const isBytes = (data) => data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (isBytes(image)) {
    return PreparedImage.fromGreys(image);
  }
  const isSize = (size) => Number.isInteger(size) && size >= 0 && size < 2 ** 32;
  if (isSize(image?.width) && isSize(image?.height) && isBytes(image?.data)) {
    return PreparedImage.fromPhoto(image.width, image.height, image.data);
  }
  throw new HaberdashError("input", "This is no image: pass an ImageData of 8 bits a channel, or 784 bytes as a Uint8Array");
}

function startWasm() {
  const url = new URL("haberdash_bg.wasm", import.meta.url);
  started ??= source(url).then((source) => start({ module_or_path: source })).catch((cause) => {
    started = undefined;
    const advice = "check that it lies beside haberdash.js, is of the same build, and that the page's policy allows 'wasm-unsafe-eval'";
    throw new HaberdashError("engine", `${url} could not be started (${cause?.message ?? cause}): ${advice}`, { cause });
  });
  return started;
}

// A browser compiles the response while it arrives.
async function source(url) {
  return url.protocol === "file:" ? read(url) : url;
}

// The addresses of this site's weights files by their names.
async function publishedWeights(signal) {
  const list = new URL("weights.json", import.meta.url);
  const text = new TextDecoder().decode(await read(list, signal));
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text)).map(([name, url]) => [name, new URL(url, list)]));
  } catch (cause) {
    throw new HaberdashError("download", `${list} is no list of weights: copy the folder of haberdash.js once more`, { cause });
  }
}

function address(url) {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href ?? import.meta.url);
  } catch (cause) {
    throw new HaberdashError("input", `${url} is no address: pass a URL`, { cause });
  }
}

async function read(url, signal) {
  try {
    if (url.protocol === "file:") {
      // Only Node.js gets here.
      const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ "node:fs/promises");
      return await readFile(url, { signal });
    }
    const response = await fetch(url, { signal });
    if (!response.ok) {
      throw new Error(`${response.status} ${response.statusText}`.trim());
    }
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    signal?.throwIfAborted();
    throw new HaberdashError("download", `${url} could not be read (${cause?.message ?? cause}): check the address and the connection`, { cause });
  }
}
