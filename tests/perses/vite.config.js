// Packs the page with everything it needs into `dist/`, so that a browser without a network can open it.

export default {
  root: "page",
  // Its warnings are about packages of others.
  logLevel: "error",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "esnext",
    // It is read once, from this machine: squeezing it would take longer than all the reading.
    minify: false,
    chunkSizeWarningLimit: Infinity,
  },
  // Some dependencies of Perses were written for Node.
  define: { global: "globalThis" },
};
