import { Section } from '@ringback/contracts';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { loadConfig } from './load.ts';
import { settings, sourceTypes } from './test-settings.ts';

it('checks each value once, however deep it is', () => {
  let checks = 0;
  const counted = Type.Refine(
    Type.String(),
    () => {
      checks += 1;
      return true;
    },
    () => '',
  );
  const noted = Section({ inner: Section({ list: Type.Array(counted) }) });
  const create = () => expect.fail('the settings create nothing');
  const types = { note: { type: 'note', settings: noted, create } };
  const outputs = Array.from({ length: 20 }, (_, index) => `{ name: n${index}, type: note, inner: { list: [a, b] } }`);
  const text = settings({ outputs: `outputs: [${outputs.join(', ')}]`, routes: 'routes: []' });
  const given = { path: 'ringback.yaml', env: {}, sourceTypes, checkCondition: () => undefined };
  const { outputs: loaded } = loadConfig({ ...given, outputTypes: types, readFile: () => Buffer.from(text) });
  expect(loaded[19]).toMatchObject({ name: 'n19', settings: { inner: { list: ['a', 'b'] } } });
  expect(checks).toBe(40);
});
