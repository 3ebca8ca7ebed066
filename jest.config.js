// Tests run as compiled: what is tested is what ships, and a type error fails the run before it starts.
export default {
  roots: ['<rootDir>/dist/server', '<rootDir>/client/dist'],
  testMatch: ['<rootDir>/dist/server/{src,test,web}/**/*.test.js', '<rootDir>/client/dist/**/*.test.js'],
  testEnvironment: 'node',
  // Soft deletion warns of libraries that look at globals after a suite; nothing here leaks through them.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  globalSetup: '<rootDir>/dist/server/test/support/global-setup.js',
  globalTeardown: '<rootDir>/dist/server/test/support/global-teardown.js',
  transform: {},
  // Only for what hangs: a machine that is busy with other things makes no test fail.
  testTimeout: 600_000,
  // Suites wait much, for clocks and for browsers: three share two cores well.
  maxWorkers: 3,
  // Modules that a suite loaded are never let go, and the more there are, the longer each collection of garbage takes.
  workerIdleMemoryLimit: '600MB',
};
