// `npm start`, also on a fresh clone: installs, builds, then runs the demo.
// Only the Node check here, and no new syntax: everything else is loaded after it.
import { nodeIsNewEnough } from './node-version.mjs';

if (nodeIsNewEnough()) {
  import('./launch.mjs').then(function (launch) {
    return launch.launchDemo(process.argv.slice(2));
  });
} else {
  process.exitCode = 1;
}
