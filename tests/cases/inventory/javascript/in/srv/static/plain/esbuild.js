(() => {
  // node_modules/.pnpm/debug@2.6.9/node_modules/debug/src/debug.js
  var require_debug = __commonJS({
    "node_modules/debug/src/debug.js"(exports) { exports.log = console.log }
  });
  // src/index.js
  require_debug().log("see the folder node_modules/of-no-interest for more", 1.2);
})();
