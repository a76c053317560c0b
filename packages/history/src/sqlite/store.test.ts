import { describeStore } from '../store/test-store-suite.ts';
import { historyPath, open } from './test-sqlite.ts';

describeStore('the SQLite store', async () => {
  const path = historyPath();
  return { open: async () => open(path) };
});
