// Vitest's setup file: a test file that leaves a server, a connection or a child process open fails.
import { afterAll, beforeAll, vi } from 'vitest';

const HANDLES = ['TCPServerWrap', 'TCPSocketWrap', 'UDPWrap', 'ProcessWrap'];

/** What keeps this process alive, beyond timers and vitest's own pipe. */
function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => HANDLES.includes(name));
}

let before = 0;

beforeAll(() => {
  before = openHandles().length;
});

// Runs after every afterAll of the file itself. Closing takes a moment, hence the deadline.
afterAll(async () => {
  await vi.waitFor(
    () => {
      const open = openHandles();
      if (open.length > before) throw new Error(`left open at the end of the test file: ${open.join(', ')}`);
    },
    { timeout: 5000, interval: 20 },
  );
});
