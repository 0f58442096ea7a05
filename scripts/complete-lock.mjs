// Completes package-lock.json where the registry at hand lacks packages of other platforms: npm leaves such optional
// packages out of the lock, and `npm ci` then refuses it everywhere. After each change of the dependencies:
// npm install && node scripts/complete-lock.mjs
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** As packages built with napi-rs end: darwin-arm64, linux-arm-gnueabihf, win32-x64-msvc. */
const PLATFORM =
  /[-/](?<os>darwin|linux|win32|freebsd|android|openharmony)-(?<cpu>arm64|arm|x64|ia32|ppc64|s390x|riscv64|loong64)(?:-(?<abi>gnu|musl|msvc|gnueabihf|musleabihf|eabi))?$/;
const LIBCS = { gnu: 'glibc', musl: 'musl' };

/**
 * The lock with an entry for each optional dependency that has none: its version, and the platform that its name tells.
 * Without `integrity`, which only the missing package could tell. Throws where a name tells no platform.
 */
export function completed(lock) {
  const packages = { ...lock.packages };
  for (const { dependency, version, dev } of missingOptional(lock)) {
    const { os, cpu, abi } = PLATFORM.exec(dependency)?.groups ?? {};
    if (os === undefined || !/^\d+\.\d+\.\d+[\w.-]*$/.test(version))
      throw new Error(
        `${dependency}@${version} is missing from package-lock.json, and its name tells no platform.`,
      );
    const libc = LIBCS[abi];
    packages[`node_modules/${dependency}`] = {
      version,
      cpu: [cpu],
      ...(dev && { dev }),
      ...(libc && { libc: [libc] }),
      optional: true,
      os: [os],
    };
  }
  // In npm's own order.
  const sorted = Object.entries(packages).sort(([left], [right]) => left.localeCompare(right, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

/** The optional dependencies of locked packages for which Node would find no locked package. */
export function missingOptional({ packages }) {
  const missing = [];
  for (const [place, { optionalDependencies = {}, dev }] of Object.entries(packages))
    for (const [dependency, version] of Object.entries(optionalDependencies))
      if (!placesSeenFrom(place).some((folder) => `${folder}node_modules/${dependency}` in packages))
        missing.push({ dependency, version, dev });
  return missing;
}

/** `a/node_modules/b` looks for packages in its own folder, then in `a`, then at the root. */
function placesSeenFrom(place) {
  if (place === '') return [''];
  const parent = place.slice(0, Math.max(0, place.lastIndexOf('node_modules/') - 1));
  return [`${place}/`, ...placesSeenFrom(parent)];
}

/** npm leaves the integrity out of a second copy of a package; undefined where the registry does not have it. */
function integrityOf(dependency, version) {
  try {
    const args = ['view', `${dependency}@${version}`, 'dist.integrity'];
    return execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = completed(JSON.parse(readFileSync(file, 'utf8')));
  for (const [place, { link, version, integrity, ...rest }] of Object.entries(lock.packages)) {
    if (!place.includes('node_modules/') || link || integrity) continue;
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const found = integrityOf(name, version);
    if (found) lock.packages[place] = { version, integrity: found, ...rest };
    else console.log(`${name}@${version} is locked without integrity: the registry does not have it.`);
  }
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
