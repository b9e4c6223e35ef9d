// Say what pictures show with an exported model: onnxruntime-web, for browsers and Node, without modelwright.
//
//     npm install onnxruntime-web
//     node use_onnx_pictures.mjs model.onnx cat.pgm dog.pgm
//
// Node decodes no pictures by itself, so this reads the plainest form there is (PGM of grey, PPM of coloured ones, of
// the size the model was trained with). A browser has the same bytes in canvas.getContext("2d").getImageData(…).data.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as ort from "onnxruntime-web";

function picture(file) {
  const bytes = readFileSync(file);
  let at = 0;
  const word = () => {
    let text = "";
    while (/\s/.test(String.fromCharCode(bytes[at]))) at++;
    while (!/\s/.test(String.fromCharCode(bytes[at]))) text += String.fromCharCode(bytes[at++]);
    return text;
  };
  const colours = { P5: 1, P6: 3 }[word()];
  const [width, height] = [Number(word()), Number(word())];
  word(); // the largest number, 255
  const pixels = bytes.subarray(at + 1);
  const planes = new Uint8Array(colours * height * width); // a plane a colour
  for (let k = 0; k < planes.length; k++) planes[(k % colours) * height * width + Math.floor(k / colours)] = pixels[k];
  return { planes, shape: [colours, height, width] };
}

const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(process.argv[2])));
for (const file of process.argv.slice(3)) {
  const { planes, shape } = picture(file);
  const found = await session.run({ [session.inputNames[0]]: new ort.Tensor("uint8", planes, [1, ...shape]) });
  const probabilities = Array.from(found.probabilities.data, (value) => value.toFixed(4)).join("  ");
  console.log(`${basename(file)}: ${found.prediction.data[0].padEnd(10)} ${probabilities}`);
}
