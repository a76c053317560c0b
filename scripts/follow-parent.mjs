// Preloaded (`node --import`) in child processes: if the parent is killed, they stop as if told to.
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
