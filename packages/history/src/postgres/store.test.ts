import { describeStore } from '../store/test-store-suite.ts';
import { open, schemaOfTest } from './test-postgres.ts';

describeStore('the PostgreSQL store', async () => {
  const place = schemaOfTest();
  return { open: () => open(place) };
});
