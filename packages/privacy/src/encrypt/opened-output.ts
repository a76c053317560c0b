import { cannotDecrypt, type Output } from '@ringback/contracts';
import type { BodyCodec } from './body-codec.ts';

/** The output with opened bodies. What cannot be decrypted waits, and loses no attempt. */
export function openedOutput(output: Output, open: BodyCodec['open']): Output {
  return {
    ...output,
    async deliver(delivery, signal) {
      try {
        return await output.deliver({ ...delivery, callback: open(delivery.callback) }, signal);
      } catch (error) {
        if (!cannotDecrypt(error)) throw error;
        return { outcome: 'retry', failure: 'unreadable', reason: `${error.code}: ${error.message}`, fault: 'ours' };
      }
    },
  };
}
