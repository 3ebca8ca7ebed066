// Tests run as compiled: what is tested is what ships, and a type error fails the run before it starts.
export default {
  rootDir: 'dist/server',
  testMatch: ['<rootDir>/src/**/*.test.js', '<rootDir>/test/**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  testTimeout: 30_000,
};
