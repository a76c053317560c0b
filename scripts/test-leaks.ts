// Setup file: a test file that leaves a server, connection or child process open fails.
import { afterAll, beforeAll, vi } from 'vitest';

const HANDLES = ['TCPServerWrap', 'TCPSocketWrap', 'UDPWrap', 'ProcessWrap'];

/** Beyond timers and vitest's own pipe. */
function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => HANDLES.includes(name));
}

let before = 0;

beforeAll(() => {
  before = openHandles().length;
});

// After all other afterAll. Closing takes a moment.
afterAll(async () => {
  await vi.waitFor(
    () => {
      const open = openHandles();
      if (open.length > before) throw new Error(`left open at the end of the test file: ${open.join(', ')}`);
    },
    { timeout: 5000, interval: 20 },
  );
});
