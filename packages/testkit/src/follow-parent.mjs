// Preloaded (`node --import`) into processes of tests, chaos and bench: if their parent is killed, the channel to it
// closes, and they stop as if told to.
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
