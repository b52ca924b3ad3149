// Starts the CPU engine and loads the app with a progress bar, or shows why the browser cannot run it. After that it installs the
// service worker for the next visit.
(function () {
  "use strict";
  // A module with one function that uses v128 (i32.const 0, i8x16.splat, i8x16.popcnt). Source: wasm-feature-detect.
  var simd = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11
  ]);
  function missingFeature() {
    if (location.protocol === "file:") {
      return "A browser does not run this page from a file: open it through a web server, for example with `cargo xtask serve`.";
    }
    if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
      return "This browser has no WebAssembly, which the models run on: update it, or open this page in another one.";
    }
    if (!WebAssembly.validate(simd)) {
      return "This browser's WebAssembly has no SIMD, which the models run on: update it, or open this page in another one.";
    }
    return null;
  }

  function metaContent(name) {
    return JSON.parse(document.querySelector("meta[name=" + name + "]").content);
  }
  var names = metaContent("haberdash-assets");
  // The build's hashes of code. The browser refuses a file with another content.
  var integrity = metaContent("haberdash-integrity");

  function address(name) {
    return new URL(names[name], document.baseURI).href;
  }

  // Starts a worker of this build, for which `files` are downloaded while it starts; undefined if the build has no such worker.
  //
  // It is started from a blob, because only then it inherits the page's content security policy: that of another script is the one in
  // the headers of its response, which hosts like GitHub Pages cannot set. The blob's address is kept, as not every browser has read
  // it when the constructor returns.
  window.haberdashWorker = function (name, files) {
    if (!names[name + ".js"]) {
      return undefined;
    }
    function file(name) { return { url: address(name), integrity: integrity[name] || "" }; }
    var isListed = function (name) { return names[name]; };
    var scripts = [name + ".js", name + "-loader.js"].filter(isListed).map(file);
    var early = files.filter(isListed).map(address);
    var source = [
      "self.scriptAddress = " + JSON.stringify(scripts[0].url) + ";",
      // Messages that arrive before the worker's code receives them.
      "self.earlyMessages = [];",
      "self.onmessage = function (event) { self.earlyMessages.push(event); };",
      // A failure is reported where the file is needed.
      "function early(file) {",
      "  var controller = new AbortController();",
      "  var answer = fetch(file.url, { signal: controller.signal, integrity: file.integrity || \"\" });",
      "  answer.controller = controller;",
      "  answer.catch(function () {});",
      "  return answer;",
      "}",
      "var wasm = early(" + JSON.stringify(file(name + ".wasm")) + ");",
      "self.earlyFiles = {};",
      JSON.stringify(early) + ".forEach(function (url) { self.earlyFiles[url] = early({ url: url }); });",
      // `import` has no check of its own; it gets the checked files from the browser's cache.
      "Promise.all(" + JSON.stringify(scripts) + ".map(early))",
      "  .then(function (checked) {",
      "    if (checked.every(function (answer) { return answer.ok; })) return import(self.scriptAddress);",
      "  })",
      "  .catch(function () {})",
      "  .then(function (module) {",
      "    if (!module) return self.postMessage({ missing: true });",
      "    return module.default({ module_or_path: wasm });",
      "  })",
      "  .catch(function (error) { self.postMessage({ fatal: String(error) }); });"
    ];
    var blob = new Blob([source.join("\n")], { type: "text/javascript" });
    return new Worker(URL.createObjectURL(blob), { name: name });
  };

  // Starts the CPU engine before the app is loaded. The app takes the worker over, unless it has failed by then.
  function startEngine() {
    // The weights that web/src/engine/weight_loader.rs loads first.
    var engine = (window.haberdashEngine = window.haberdashWorker("cpu-worker", ["resnet.hbd"]));
    engine.onerror = function () {
      window.haberdashEngine = null;
    };
    engine.onmessage = function (event) {
      if (event.data && (event.data.fatal || event.data.missing)) {
        window.haberdashEngine = null;
      }
    };
  }

  // Milliseconds without any progress after which the page says that the connection has stopped.
  var PATIENCE = 20000;

  function loadApp() {
    var text = document.getElementById("loading-text");
    var bar = document.getElementById("loading-bar");
    var help = document.getElementById("loading-help");
    if (help) {
      help.remove();
    }

    var hasFailed = false;
    function showError(sentence) {
      hasFailed = true;
      clearTimeout(timer);
      bar.hidden = true;
      text.className = "error";
      text.setAttribute("role", "alert");
      text.textContent = sentence;
    }

    // The downloads go on, as a slow connection may only look like one that has stopped.
    var timer;
    var loading = text.textContent;
    function onProgress() {
      clearTimeout(timer);
      if (hasFailed) {
        return;
      }
      if (text.textContent !== loading) {
        text.textContent = loading;
      }
      timer = setTimeout(function () {
        text.textContent = "Nothing has arrived for " + PATIENCE / 1000 + " seconds: wait, or check the connection and reload the page.";
      }, PATIENCE);
    }

    // Passes the response on unchanged, and updates the progress bar.
    function withProgress(response) {
      onProgress();
      if (!response.ok) {
        throw new Error(response.status + " " + response.statusText);
      }
      var total = Number(response.headers.get("content-length"));
      // The length of a compressed response is not the length of its content.
      if (!total || response.headers.get("content-encoding") || !response.body) {
        return response;
      }
      var received = 0;
      bar.max = total;
      bar.value = 0;
      var reader = response.body.getReader();
      var body = new ReadableStream({
        pull: function (controller) {
          return reader.read().then(function (part) {
            onProgress();
            if (part.done) {
              return controller.close();
            }
            received += part.value.length;
            bar.value = received;
            controller.enqueue(part.value);
          });
        }
      });
      return new Response(body, { headers: { "content-type": "application/wasm" } });
    }

    // Imports the app's script. The links check it and what it imports, but after a failure `import` would load them again unchecked.
    function importChecked(script) {
      var links = Array.from(document.querySelectorAll("link[rel=modulepreload]"));
      return Promise.all(links.map(function (link) {
        return fetch(link.href, { integrity: link.integrity }).then(function (response) {
          if (!response.ok) {
            throw new Error(response.status + " " + response.statusText);
          }
        });
      })).then(function () { return import(script.href); });
    }

    if (missingFeature()) {
      return showError(missingFeature());
    }
    // trunk writes these two links, with the hashed file names.
    var script = document.querySelector("link[rel=modulepreload]");
    var wasm = document.querySelector("link[rel=preload][as=fetch]");
    if (!script || !wasm) {
      return showError("This build of the page is incomplete: build it again with `cargo xtask build`.");
    }
    onProgress();
    Promise.all([importChecked(script), fetch(wasm.href, { integrity: wasm.getAttribute("data-integrity") }).then(withProgress)])
      .then(function (parts) {
        return parts[0].default({ module_or_path: parts[1] });
      })
      .then(function () {
        clearTimeout(timer);
      })
      .catch(function (error) {
        showError("The page could not be loaded (" + (error && error.message ? error.message : error) + "): check the connection and reload the page.");
      });
  }

  // The app sends this event after the first prediction, which must not wait for the service worker. The page also works without
  // service workers, which are missing in private windows, with plain http and with file URLs.
  document.addEventListener("haberdash-settled", function () {
    try {
      navigator.serviceWorker.register("offline.js")
        .then(function () { return navigator.serviceWorker.ready; })
        .then(function (registration) { registration.active.postMessage("gather"); })
        .catch(function () {});
    } catch (error) {
      // The property itself may be missing, or access to it forbidden.
    }
  });

  if (!missingFeature()) {
    try {
      startEngine();
    } catch (error) {
      // The app starts the engine again, and shows the error.
    }
  }
  // This script is asynchronous, so the document may not be complete yet.
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", loadApp);
  } else {
    loadApp();
  }
})();
