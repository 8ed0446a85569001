export default {
  rootDir: '.',
  testEnvironment: '<rootDir>/environment.mjs',
  testMatch: ['<rootDir>/**/*.test.mjs'],
  transform: {},
  testTimeout: 120_000,
  maxWorkers: '100%',
};
