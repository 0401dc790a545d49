/**
 * The part of the Standard Schema interface (version 1, standardschema.dev) that a codec needs. Validators of many
 * libraries have it (Zod, Valibot, ArkType, ...), so none of them is a dependency.
 */
export interface StandardSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => ValidationResult<Output> | Promise<ValidationResult<Output>>;
    /** For inference only; never there when the program runs. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** A value that passed, maybe transformed, or what is wrong with it. */
export type ValidationResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };
