// Must be readable for old versions of Node too (12 and later): no syntax newer than that here.

var NEEDED_MAJOR = 20;
var NEEDED_MINOR = 19;

/** Whether this Node can run the project; says so in one sentence if not. */
export function nodeIsNewEnough() {
  var version = process.versions.node.split('.').map(Number);
  var enough = version[0] > NEEDED_MAJOR || (version[0] === NEEDED_MAJOR && version[1] >= NEEDED_MINOR);
  if (!enough) {
    var needed = NEEDED_MAJOR + '.' + NEEDED_MINOR;
    console.error('This needs Node ' + needed + ' or newer, and this is Node ' + process.versions.node + '.');
  }
  return enough;
}
