// `npm test`, also on a fresh clone: installs, builds, then runs jest with the arguments given.
// Only the Node check here, and no new syntax: everything else is loaded after it.
import { nodeIsNewEnough } from './node-version.mjs';

if (nodeIsNewEnough()) {
  import('./run-tests.mjs').then(function (tests) {
    return tests.runTests(process.argv.slice(2));
  });
} else {
  process.exitCode = 1;
}
