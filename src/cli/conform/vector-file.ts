/** Vector files from the disk, and matrices of what bind(2) answers: what is wrong with one is said with its place. */
import { readFileSync } from "node:fs";
import { bindMatrixSuite, readBindMatrix } from "../../conform/bind-matrix.ts";
import type { VectorFile } from "../../conform/schema.ts";
import { VectorError } from "../../conform/shape.ts";
import { readVectors } from "../../conform/vectors.ts";
import { UsageError } from "../failure.ts";
import { jsonFault } from "./json-fault.ts";

/** @throws UsageError that names the file, and in it line and column or the field */
export function readVectorFile(file: string): VectorFile {
  try {
    const document = parse(file, readText(file));
    if (!isBindMatrix(document)) return readVectors(document);
    return { schema_version: 1, suites: [bindMatrixSuite(readBindMatrix(document))] };
  } catch (error) {
    if (error instanceof VectorError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

function isBindMatrix(document: unknown): boolean {
  return typeof document === "object" && document !== null && "cells" in document && !("suites" in document);
}

function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, column, what } = jsonFault(text);
    throw new UsageError(`${file}:${line}:${column}: no JSON: ${what}`);
  }
}
