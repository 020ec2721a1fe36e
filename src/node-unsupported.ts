/** What `harbormaster/node` is outside Node. */
throw new Error(
  'harbormaster/node needs Node.js 20.19 or later; in a browser import from "harbormaster" alone',
);

export {};
