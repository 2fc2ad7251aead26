/** The version of the program, as health, documents and traces name it. */
export const VERSION = "0.1.0";
