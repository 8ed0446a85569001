export default {
  rootDir: '.',
  testEnvironment: '<rootDir>/environment.mjs',
  testMatch: ['<rootDir>/**/*.test.mjs'],
  transform: {},
  testTimeout: 60_000,
};
