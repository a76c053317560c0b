import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ANSWERS_WITHIN_MS = 3000;
const PULLED_WITHIN_MS = 120_000;

/** Undefined if an engine answers at once, and has or can pull the image. */
export async function whyNoImage(image: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: ANSWERS_WITHIN_MS, signal });
  } catch {
    return 'no Docker engine answers';
  }
  try {
    await run('docker', ['image', 'inspect', image], { timeout: ANSWERS_WITHIN_MS, signal }).catch(() =>
      run('docker', ['pull', '--quiet', image], { timeout: PULLED_WITHIN_MS, signal }),
    );
    return undefined;
  } catch {
    return `Docker runs, but ${image} cannot be pulled`;
  }
}
