// Preloaded (`node --import`) into the processes that tests, chaos and bench run: should the parent be killed without a chance to stop
// them, the channel to it closes, and they stop as if told to.
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
