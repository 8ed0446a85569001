// What is used of the library that the build puts here.
export class Tokenizer {
  constructor(tokenizer: object, config: object);
  encode(
    text: string,
    options: {
      text_pair?: string | null;
      add_special_tokens?: boolean;
      return_token_type_ids?: boolean;
    },
  ): { ids: number[]; token_type_ids?: number[] };
  id_to_token(id: number): string | undefined;
}
