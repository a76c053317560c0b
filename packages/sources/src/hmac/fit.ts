import type { SourceType } from '@ringback/contracts';
import type { HmacSettings } from './config.ts';
import { readTemplate } from './template.ts';

type Problems = ReturnType<NonNullable<SourceType['problems']>>;

/** Settings that contradict each other. */
export function problemsOfFit({ signature, timestamp, id, event, businessKey, answer }: HmacSettings): Problems {
  const { signs, url } = signature;
  const uses = (wanted: string) => readTemplate(signs).some((part) => 'place' in part && part.place === wanted);
  const at = ['signature', 'signs'];
  const sign = signature.header.toLowerCase();
  const unkept = Object.entries({ event, businessKey }).filter(([, from]) => from?.header?.toLowerCase() === sign);
  const isTimeless = timestamp !== undefined && !uses('timestamp');
  return [
    ...(uses('timestamp') && timestamp === undefined ? [{ at, text: 'has {timestamp}, and there is no timestamp; add it' }] : []),
    ...(uses('id') && id?.header === undefined ? [{ at, text: 'has {id}, and there is no id with a header; add it' }] : []),
    ...(uses('url') && url === undefined ? [{ at, text: 'has {url}, and there is no signature.url; add it' }] : []),
    ...(isTimeless
      ? [
          {
            at: ['timestamp'],
            text: 'is not signed: anyone could set the time of an old callback anew; add {timestamp} to signature.signs as the sender signs it, or remove timestamp',
          },
        ]
      : []),
    ...(timestamp?.header.toLowerCase() === signature.header.toLowerCase() && signature.field === undefined
      ? [{ at: ['signature'], text: 'has no field, and timestamp stands in the same header; say which field is the signature' }]
      : []),
    ...unkept.map(([key]) => ({
      at: [key, 'header'],
      text: 'is the header of the signature, which is kept nowhere; take it from the body',
    })),
    ...([204, 205].includes(answer.status) && answer.body !== undefined
      ? [{ at: ['answer', 'body'], text: `cannot be sent with status ${answer.status}; remove it, or take another status` }]
      : []),
  ];
}
