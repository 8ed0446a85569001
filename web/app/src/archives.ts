// A zip file that holds a model, as if its files had been given themselves.
import { unpackSamples } from 'quantab/samples';
import { isModelName, type NamedFile } from './files';

const isZip = ({ path }: NamedFile): boolean => /\.zip$/i.test(path);

async function membersOf({ path, file }: NamedFile): Promise<NamedFile[] | undefined> {
  const bytes = async () => new Uint8Array(await file.arrayBuffer());
  // What is no archive is said to be none when it is used.
  const members = await unpackSamples([{ path, bytes }]).catch(() => []);
  const names = members.map((member) => ({ path: member.path, file }));
  if (!names.some(isModelName)) return undefined;
  return Promise.all(
    members.map(async (member) => {
      const content = (await member.bytes()) as Uint8Array<ArrayBuffer>;
      return { path: member.path, file: new File([content], member.path.split('/').at(-1)!) };
    }),
  );
}

/** The files, with those of zips that hold a model in the zips' places. Others are samples, and stay as they are. */
export async function withModelsInZips(files: readonly NamedFile[]): Promise<NamedFile[]> {
  const opened = await Promise.all(
    files.map(async (file) => (isZip(file) ? await membersOf(file) : undefined) ?? [file]),
  );
  return opened.flat();
}
