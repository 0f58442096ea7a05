import { createHash } from 'node:crypto';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/**
 * Takes the lock named by `purpose` and a directory for as long as this process lives, or until the returned function
 * is called; undefined if another process has it. The lock is a listening local socket: the system frees it with the
 * process, even after kill -9, and no number in a file can go to another process.
 */
export async function takeLock(purpose, directory) {
  const address = addressOf(purpose, directory);
  for (;;) {
    const server = await listen(address);
    // Closing removes the socket's file as well.
    if (server !== undefined) return () => new Promise((resolve) => server.close(resolve));
    if (await isAnswered(address)) return undefined;
    // Left behind by kill -9; on Linux and Windows the name has vanished by itself instead.
    if (hasFile(address)) rmSync(address, { force: true });
  }
}

/**
 * Linux: an abstract socket, which needs no file, so nothing is ever left behind and two starts can never both win.
 * Elsewhere a socket file, or a named pipe. A path of a socket may have 103 bytes, hence the short hash.
 */
function addressOf(purpose, directory) {
  const hash = createHash('sha256').update(realPathOfExisting(directory)).digest('hex').slice(0, 16);
  const name = `hq-sync-${purpose}-${hash}`;
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return path.join(os.tmpdir(), `${name}.sock`);
}

function hasFile(address) {
  return process.platform !== 'linux' && process.platform !== 'win32' && existsSync(address);
}

/** The same directory may be named through a symbolic link, and need not exist yet. */
function realPathOfExisting(directory) {
  if (existsSync(directory)) return realpathSync.native(directory);
  const parent = path.dirname(directory);
  return parent === directory ? directory : path.join(realPathOfExisting(parent), path.basename(directory));
}

/** The listening server, which does not keep the process alive, or undefined if the address is in use. */
function listen(address) {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(address, () => resolve(server.unref()));
  });
}

function isAnswered(address) {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // EACCES: it is another user's, so it is in use.
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(error.code)));
  });
}
