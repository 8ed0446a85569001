// quantab ops: the operators that can run here.
import { supportedOperators, type SupportedOperator } from '../../index.node.js';
import type { Command } from '../command.js';
import { table } from '../console.js';

export const command: Command<SupportedOperator[]> = {
  run: ({ start }) => supportedOperators(start),

  text(operators) {
    const rows = operators.map(({ domain, opType, since, until, byDefinition }) => [
      domain,
      opType,
      `${since}-${until ?? ''}`,
      byDefinition ? 'its definition' : 'a kernel',
    ]);
    const head = ['domain', 'operator', 'opsets', 'runs by'];
    return `${table([head, ...rows])}\n${operators.length} operators\n`;
  },
};
