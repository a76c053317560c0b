/** Takes the lock of this name, or returns undefined while another process holds it. Returns the function that releases it. */
export function tryLock(name: string): Promise<(() => void) | undefined>;
/** Takes the lock of this name as soon as nobody else holds it. Returns the function that releases it. */
export function lock(name: string, onWait: () => void): Promise<() => void>;
