// Answer raw rows with an exported model: onnxruntime-web, for browsers and Node, without modelwright.
//
//     npm install onnxruntime-web
//     node use_onnx.mjs model.onnx rows.json
//
// `rows.json` holds a list of objects, one a row: numbers, words, dates as ISO text; what is left out is missing.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";

// The metadata of an ONNX file: field 14 of its outermost message. onnxruntime-web does not hand it out.
function metadata(bytes) {
  const found = {};
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    varint();
    const end = varint() + at;
    const word = new TextDecoder().decode(bytes.subarray(at, end));
    at = end;
    return word;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag % 8 !== 2) varint();
    else {
      const end = varint() + at;
      if (Math.floor(tag / 8) === 14) found[text()] = text();
      at = end;
    }
  }
  return found;
}

const bytes = new Uint8Array(readFileSync(process.argv[2]));
const rows = JSON.parse(readFileSync(process.argv[3], "utf8"));
const about = JSON.parse(metadata(bytes).modelwright);

function tensor(column) {
  const values = rows.map((row) => row[column.name] ?? null);
  if (column.type === "string") {
    const words = values.map((value) => (value === null ? column.missing : String(value)));
    return new ort.Tensor("string", words, [rows.length]);
  }
  const numbers = values.map((value) => {
    if (value === null) return NaN;
    return column.unit ? Date.parse(`${value.length === 10 ? `${value}T00:00` : value}Z`) / 1000 : Number(value);
  });
  return new ort.Tensor("float64", Float64Array.from(numbers), [rows.length]);
}

const session = await ort.InferenceSession.create(bytes);
const found = await session.run(Object.fromEntries(about.inputs.map((column) => [column.name, tensor(column)])));
rows.forEach((_, row) => {
  const answers = session.outputNames.map((name) => {
    const width = found[name].data.length / rows.length;
    const own = Array.from(found[name].data.slice(row * width, (row + 1) * width));
    return own.map((value) => (typeof value === "string" ? value.padEnd(10) : Number(value).toFixed(4))).join("  ");
  });
  console.log(answers.join(" "));
});
