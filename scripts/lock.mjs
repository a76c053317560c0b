// The operating system releases this lock when its holder ends: it is a socket that only one process can
// listen on.
import { createHash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Linux has sockets without a file: nothing is left behind.
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

/** True once the holder has gone, and at once if there is none. */
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
 * @param {string} name such as a folder and a purpose @returns {Promise<(() => void) | undefined>} releases
 * the lock; undefined if it is taken
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
 * Waits for the lock. @param {string} name @param {() => void} onWait called before each wait @returns
 * {Promise<() => void>} releases it
 */
export async function lock(name, onWait) {
  for (;;) {
    const release = await tryLock(name);
    if (release !== undefined) return release;
    onWait();
    await holderGone(socketOf(name), true);
  }
}
