/* What JupyterLab loads: a container as module federation knows it, with the two functions that it is asked for. */
(() => {
  const needed = NEEDED;
  let scope;
  const newest = (versions) => versions[Object.keys(versions).sort((a, b) => Number(Boolean(versions[b].loaded)) - Number(Boolean(versions[a].loaded)) || b.localeCompare(a, "en", { numeric: true }))[0]];
  const shared = async (name) => {
    if (scope[name] === undefined) throw new Error(`Dagbook needs ${name}, which this application does not share.`);
    return (await newest(scope[name]).get())();
  };
  let made;
  const run = (found) => {
    const module = { exports: {} };
    ((require, module, exports) => {
      BUNDLE
    })((name) => found.get(name), module, module.exports);
    return module.exports;
  };
  (globalThis._JUPYTERLAB ??= {}).dagbook = {
    init(given) {
      scope = given;
    },
    async get() {
      const found = new Map(await Promise.all(needed.map(async (name) => [name, await shared(name)])));
      return () => (made ??= run(found));
    },
  };
})();
