export default {
  rootDir: '../..',
  roots: ['<rootDir>/tests/app'],
  testMatch: ['**/*.test.mjs'],
  testEnvironment: 'node',
  transform: {},
  testTimeout: 120_000,
};
