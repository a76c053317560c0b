// A lock that the operating system releases when its holder is gone, however it went: a socket that only one process can listen on.
import { createHash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Linux has sockets without a file, so nothing can be left behind there.
function socketOf(name) {
  const id = `ringback-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${id}` : join(tmpdir(), `${id}.sock`);
}

function listen(path) {
  return new Promise((resolve, reject) => {
    const waiting = new Set();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => waiting.delete(socket));
      socket.unref();
    });
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(path, () => {
      server.unref();
      resolve(() => {
        for (const socket of waiting) socket.destroy();
        server.close();
      });
    });
  });
}

/** Resolves with true once the holder has gone, and at once with false where there was none. */
function holderGone(path, wait) {
  return new Promise((resolve) => {
    const socket = connect(path);
    let connected = false;
    socket.once('connect', () => {
      connected = true;
      if (!wait) socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(connected));
  });
}

/**
 * Takes the lock of this name.
 * @param {string} name anything, e.g. a folder and a purpose
 * @returns {Promise<(() => void) | undefined>} the function that releases it, or undefined while another process holds it
 */
export async function tryLock(name) {
  const path = socketOf(name);
  const release = await listen(path);
  if (release !== undefined || process.platform === 'linux') return release;
  if (await holderGone(path, false)) return undefined;
  unlinkSync(path); // the holder died and left its file
  return listen(path);
}

/**
 * Takes the lock of this name, as soon as nobody else holds it.
 * @param {string} name
 * @param {() => void} onWait called before each wait
 * @returns {Promise<() => void>} the function that releases it
 */
export async function lock(name, onWait) {
  for (;;) {
    const release = await tryLock(name);
    if (release !== undefined) return release;
    onWait();
    await holderGone(socketOf(name), true);
  }
}
