export default {
  rootDir: '../..',
  roots: ['<rootDir>/tests/app'],
  testMatch: ['**/*.test.mjs'],
  testEnvironment: 'node',
  transform: {},
  testTimeout: 180_000,
  maxWorkers: '100%',
};
