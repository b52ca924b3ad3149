// Loads the app with a progress bar; where it cannot run, a sentence says why and what to do. Once the page has all it
// needs, it is kept for the next visit.
(function () {
  "use strict";
  // A module with one function that uses v128 (i32.const 0, i8x16.splat, i8x16.popcnt), as wasm-feature-detect has it.
  var simd = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11
  ]);
  function lack() {
    if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
      return "This browser has no WebAssembly, which the models run on: update it, or open this page in another one.";
    }
    if (!WebAssembly.validate(simd)) {
      return "This browser's WebAssembly has no SIMD, which the models run on: update it, or open this page in another one.";
    }
    return null;
  }

  // The CPU engine starts beside the app rather than after it, and before the page is drawn; the app takes it over, if nothing
  // has befallen it by then.
  function startEngine() {
    var names = JSON.parse(document.querySelector("meta[name=haberdash-assets]").content);
    var engine = (window.haberdashEngine = new Worker(names["cpu-worker.js"]));
    // The first weights come while it starts; web/src/engine/supply.rs asks for them in this order.
    engine.postMessage({
      files: ["resnet.hbd", "cnn.hbd"].filter(function (name) {
        return names[name];
      }).map(function (name) {
        return new URL(names[name], document.baseURI).href;
      })
    });
    engine.onerror = function () {
      window.haberdashEngine = null;
    };
    engine.onmessage = function (event) {
      if (event.data && event.data.fatal) {
        window.haberdashEngine = null;
      }
    };
  }

  function loadApp() {
    var text = document.getElementById("loading-text");
    var bar = document.getElementById("loading-bar");

    function stop(sentence) {
      bar.hidden = true;
      text.className = "error";
      text.setAttribute("role", "alert");
      text.textContent = sentence;
    }

    // Passes the answer on as it comes, and moves the bar.
    function counted(response) {
      if (!response.ok) {
        throw new Error(response.status + " " + response.statusText);
      }
      var total = Number(response.headers.get("content-length"));
      // The length of a compressed answer is not that of what comes out of it.
      if (!total || response.headers.get("content-encoding") || !response.body) {
        return response;
      }
      var seen = 0;
      bar.max = total;
      bar.value = 0;
      var reader = response.body.getReader();
      var body = new ReadableStream({
        pull: function (controller) {
          return reader.read().then(function (part) {
            if (part.done) {
              return controller.close();
            }
            seen += part.value.length;
            bar.value = seen;
            controller.enqueue(part.value);
          });
        }
      });
      return new Response(body, { headers: { "content-type": "application/wasm" } });
    }

    if (lack()) {
      return stop(lack());
    }
    // trunk wrote these two, with the hashed names and their checksums.
    var script = document.querySelector("link[rel=modulepreload]");
    var wasm = document.querySelector("link[rel=preload][as=fetch]");
    if (!script || !wasm) {
      return stop("This build of the page is incomplete: build it again with `cargo xtask build`.");
    }
    Promise.all([import(script.href), fetch(wasm.href).then(counted)])
      .then(function (parts) {
        return parts[0].default({ module_or_path: parts[1] });
      })
      .catch(function (error) {
        stop("The page could not be loaded (" + (error && error.message ? error.message : error) + "): check the connection and reload the page.");
      });
  }

  // The app tells when it is settled: the first answer does not wait for what the next visit gains. Without service workers
  // (a file, a private window, plain http) the page works all the same.
  document.addEventListener("haberdash-settled", function () {
    try {
      navigator.serviceWorker.register("offline.js")
        .then(function () { return navigator.serviceWorker.ready; })
        .then(function (registration) { registration.active.postMessage("gather"); })
        .catch(function () {});
    } catch (error) {
      // The getter itself may be forbidden, or missing.
    }
  });

  if (!lack()) {
    try {
      startEngine();
    } catch (error) {
      // The app tries again, and says what is wrong.
    }
  }
  // This script waits neither for the styles nor for the page's end.
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", loadApp);
  } else {
    loadApp();
  }
})();
