// Operators on strings. Expected values are worked by hand; those of regular expressions are RE2's.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Strings = std::vector<std::string>;
using Ints = std::vector<int64_t>;

Tensor Texts(Shape shape, const Strings& values) {
  Tensor tensor(DType::kString, std::move(shape));
  EXPECT_EQ(tensor.count(), static_cast<int64_t>(values.size()));
  tensor.mutable_strings() = values;
  return tensor;
}
Tensor Texts(const Strings& values) { return Texts({static_cast<int64_t>(values.size())}, values); }

TEST(StringConcat, Broadcasts) {
  ExpectTensor(OpTest("StringConcat", 20)
                   .Input(Texts({2, 1}, {"a", "b"}))
                   .Input(Texts({1, 2}, {"", "é"}))
                   .RunOne(),
               Texts({2, 2}, {"a", "aé", "b", "bé"}));
  ExpectTensor(OpTest("StringConcat", 20).Input(Texts({0}, {})).Input(Texts({}, {"x"})).RunOne(),
               Texts({0}, {}));
  ExpectError(ErrorCode::kInvalidModel, "input 1 has type 'float32', expected 'string'",
              [] { OpTest("StringConcat", 20).Input(Texts({"a"})).Input(F32({1}, {1})).RunOne(); });
}

TEST(StringSplit, AtWhiteSpaceAndDelimiters) {
  std::vector<Tensor> y = OpTest("StringSplit", 20)
                              .Input(Texts({"  a\t b\u00a0\u3000c \n", "", " d"}))
                              .Outputs(2)
                              .Run();
  ExpectTensor(y[0], Texts({3, 3}, {"a", "b", "c", "", "", "", "d", "", ""}));
  ExpectTensor(y[1], I64({3}, {3, 0, 1}));
  y = OpTest("StringSplit", 20)
          .Input(Texts({" a  b  c ", "  "}))
          .Set("maxsplit", 1)
          .Outputs(2)
          .Run();
  ExpectTensor(y[0], Texts({2, 2}, {"a", "b  c", "", ""}));
  y = OpTest("StringSplit", 20)
          .Input(Texts({"a,,b", ",", ""}))
          .Set("delimiter", ",")
          .Set("maxsplit", 1)
          .Outputs(2)
          .Run();
  ExpectTensor(y[0], Texts({3, 2}, {"a", ",b", "", "", "", ""}));
  ExpectTensor(y[1], I64({3}, {2, 2, 1}));
  ExpectTensor(OpTest("StringSplit", 20).Input(Texts({2}, {" ", ""})).RunOne(), Texts({2, 0}, {}));
  ExpectTensor(OpTest("StringSplit", 20).Input(Texts({}, {"\xff x"})).RunOne(),
               Texts({2}, {"\xff", "x"}));
}

TEST(StringNormalizer, CaseAndStopWords) {
  const Tensor words = Texts({"Éa", "straße", "МОСКВА", "Monday", "ÉA", "\xc3"});
  const auto run = [&](const char* action, int sensitive) {
    return OpTest("StringNormalizer", 10)
        .Input(words)
        .Set("case_change_action", action)
        .Set("is_case_sensitive", sensitive)
        .Set("stopwords", Strings{"monday", "éa"})
        .RunOne();
  };
  ExpectTensor(run("NONE", 0), Texts({"straße", "МОСКВА", "\xc3"}));
  ExpectTensor(run("UPPER", 0), Texts({"STRAßE", "МОСКВА", "\xc3"}));
  ExpectTensor(run("LOWER", 1), Texts({"éa", "straße", "москва", "monday", "éa", "\xc3"}));
  ExpectTensor(OpTest("StringNormalizer", 10)
                   .Input(Texts({1, 2}, {"a", "a"}))
                   .Set("stopwords", Strings{"a"})
                   .RunOne(),
               Texts({1, 1}, {""}));
  ExpectTensor(OpTest("StringNormalizer", 10).Input(Texts({0}, {})).RunOne(), Texts({""}));
  ExpectError(ErrorCode::kInvalidModel, "'case_change_action' is 'TITLE'",
              [&] { run("TITLE", 0); });
  ExpectError(ErrorCode::kInvalidModel, "expected [C] or [1,C]",
              [] { OpTest("StringNormalizer", 10).Input(Texts({2, 1}, {"", ""})).RunOne(); });
}

// The strings of `texts` that `pattern` matches.
Strings Matches(const std::string& pattern, const Strings& texts) {
  const Tensor y =
      OpTest("RegexFullMatch", 20).Input(Texts(texts)).Set("pattern", pattern.c_str()).RunOne();
  Strings matched;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (y.data<bool>()[i]) matched.push_back(texts[i]);
  }
  return matched;
}

TEST(RegexFullMatch, AgreesWithRe2) {
  const Strings texts = {"",  "a",  "aa", "aaa", "ab",     "A", "é", "É", "\n",
                         "-", "a1", "b",  "K",   "\u212a", "k", "]", "1", "\xff"};
  EXPECT_EQ(Matches("a{2,}|b?", texts), (Strings{"", "aa", "aaa", "b"}));
  EXPECT_EQ(Matches("(a|ab)(b|)", texts), (Strings{"a", "ab"}));
  EXPECT_EQ(Matches("(?:a*)*", texts), (Strings{"", "a", "aa", "aaa"}));
  EXPECT_EQ(Matches("(a{0,2}){1}?", texts), (Strings{"", "a", "aa"}));
  EXPECT_EQ(Matches(".", {"é", "\n", "\xff"}), (Strings{"é"}));
  EXPECT_EQ(Matches("(?s).", {"é", "\n", "\xff"}), (Strings{"é", "\n"}));
  EXPECT_EQ(Matches("(?i)é|k", texts), (Strings{"é", "É", "K", "\u212a", "k"}));
  EXPECT_EQ(Matches("(?i:k)|K", texts), (Strings{"K", "\u212a", "k"}));
  EXPECT_EQ(Matches("\\w\\d", texts), (Strings{"a1"}));
  EXPECT_EQ(Matches("[^\\w\\n]", texts), (Strings{"é", "É", "-", "\u212a", "]"}));
  EXPECT_EQ(Matches("[]-]", texts), (Strings{"-", "]"}));
  EXPECT_EQ(Matches("[[:^alpha:]]", texts), (Strings{"é", "É", "\n", "-", "\u212a", "]", "1"}));
  EXPECT_EQ(Matches("(?i)\\W", texts), (Strings{"é", "É", "\n", "-", "]"}));
  EXPECT_EQ(Matches("\\x{e9}|\\x41|\\061", texts), (Strings{"A", "é", "1"}));
  EXPECT_EQ(Matches("\\Qa.\\E+", {"a.", "a..", "ab"}), (Strings{"a.", "a.."}));
  EXPECT_EQ(Matches("^a$\\n\\b(?m)^b", {"a\nb"}), Strings{});
  EXPECT_EQ(Matches("(?m)a$\\n^\\bb\\z", {"a\nb", "a\nbb"}), (Strings{"a\nb"}));
  EXPECT_EQ(Matches("a{,3}", {"a{,3}", "aa"}), (Strings{"a{,3}"}));
  EXPECT_EQ(Matches("(?P<name>a)|(?<n>b)", texts), (Strings{"a", "b"}));
  EXPECT_EQ(Matches("", {"", "a"}), Strings{""});
}

TEST(RegexFullMatch, TakesLinearTime) {
  const std::string many(20000, 'a');
  EXPECT_EQ(Matches("((a?){30}a{30})*(a|aa)+$", {many + "b"}), Strings{});
  EXPECT_EQ(Matches("(a*)*", {many}), Strings{many});
}

TEST(RegexFullMatch, SaysWhatIsWrong) {
  for (const char* pattern :
       {"a**",   "*",         "a|*",    "a{1001}", "a{3,2}",   "x{2}{3}", "[b-a]",
        "[",     "[[:foo:]]", "(",      ")",       "\\1",      "\\8",     "\\Z",
        "\\",    "(?=a)",     "(?P>n)", "(?P<>a)", "(?<-n>a)", "\\x1",    "\\x{110000}",
        "[\\b]", "(?z)",      "\xff",   "(?",      "\\E"}) {
    SCOPED_TRACE(pattern);
    ExpectError(ErrorCode::kInvalidModel, "is no regular expression",
                [&] { Matches(pattern, {"a"}); });
  }
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += '(';
  for (const std::string& pattern :
       {std::string("\\pL"), std::string("[\\P{Greek}]"), std::string("\\C"),
        std::string("((a{1000}){1000}){1000}"), std::string(70000, 'a'), deep}) {
    ExpectError(ErrorCode::kUnsupported, "is not supported", [&] { Matches(pattern, {"a"}); });
  }
  ExpectError(ErrorCode::kInvalidModel, "'pattern' is missing",
              [] { OpTest("RegexFullMatch", 20).Input(Texts({"a"})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected 'string'", [] {
    OpTest("RegexFullMatch", 20).Input(F32({1}, {1})).Set("pattern", "a").RunOne();
  });
}

OpTest Vectorizer(const char* mode) {
  OpTest test("TfIdfVectorizer", 9);
  test.Set("mode", mode).Set("min_gram_length", 1).Set("max_gram_length", 2);
  test.Set("max_skip_count", 0);
  return test;
}

// The weights belong to the n-grams, in the pool's order, as with ONNX Runtime 1.31.
TEST(TfIdfVectorizer, WeighsCounts) {
  const Tensor x = I64({6}, {5, 6, 6, 7, 5, 6});
  const auto run = [&](const char* mode) {
    return Vectorizer(mode)
        .Input(x)
        .Set("ngram_counts", Ints{0, 3})
        .Set("ngram_indexes", Ints{3, 0, 1, 2})
        .Set("pool_int64s", Ints{5, 6, 7, 5, 6})
        .Set("weights", std::vector<float>{2, 3, 5, 7})
        .RunOne();
  };
  ExpectTensor(run("TF"), F32({4}, {3, 1, 2, 2}));
  ExpectTensor(run("IDF"), F32({4}, {3, 5, 7, 2}));
  ExpectTensor(run("TFIDF"), F32({4}, {9, 5, 14, 4}));
}

TEST(TfIdfVectorizer, StringsAndEmptyRows) {
  const auto run = [](const Tensor& x) {
    return Vectorizer("TF")
        .Input(x)
        .Set("ngram_counts", Ints{0, 1})
        .Set("ngram_indexes", Ints{0, 2})
        .Set("pool_strings", Strings{"a", "a", "é"})
        .RunOne();
  };
  ExpectTensor(run(Texts({2, 3}, {"a", "é", "b", "a", "a", "é"})), F32({2, 3}, {1, 0, 1, 2, 0, 1}));
  ExpectTensor(run(Texts({}, {"a"})), F32({3}, {1, 0, 0}));
  ExpectTensor(run(Texts({2, 0}, {})), F32({2, 3}, {0, 0, 0, 0, 0, 0}));
  ExpectTensor(run(Texts({0, 2}, {})), F32({0, 3}, {}));
  ExpectError(ErrorCode::kInvalidModel, "expected 'string'", [&] { run(I64({1}, {1})); });
  ExpectError(ErrorCode::kInvalidModel, "expected rank 1 or 2",
              [&] { run(Texts({1, 1, 1}, {"a"})); });
}

TEST(TfIdfVectorizer, SaysWhatIsWrong) {
  const auto run = [](const Ints& counts, const Ints& indexes, const Ints& pool) {
    Vectorizer("TF")
        .Input(I64({1}, {1}))
        .Set("ngram_counts", counts)
        .Set("ngram_indexes", indexes)
        .Set("pool_int64s", pool)
        .RunOne();
  };
  for (const Ints& counts : {Ints{0, 5}, Ints{-1, 0}, Ints{2, 1}, Ints{0, 2}}) {
    ExpectError(ErrorCode::kInvalidModel, "'ngram_counts' does not fit a pool of 3 items",
                [&] { run(counts, {0, 1, 2}, {1, 2, 3}); });
  }
  ExpectError(ErrorCode::kInvalidModel, "'ngram_indexes' has -1", [&] { run({0}, {-1}, {1}); });
  ExpectError(ErrorCode::kInvalidModel, "'ngram_indexes' has 9223372036854775807",
              [&] { run({0}, {std::numeric_limits<int64_t>::max()}, {1}); });
  ExpectError(ErrorCode::kInvalidModel, "no column for n-gram 1", [&] { run({0}, {0}, {1, 2}); });
  ExpectError(ErrorCode::kInvalidModel, "'ngram_indexes' is missing", [&] { run({0}, {}, {1}); });
  ExpectError(ErrorCode::kInvalidModel, "'mode' is 'X'",
              [] { Vectorizer("X").Input(I64({1}, {1})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "1 weights for 2 n-grams", [] {
    Vectorizer("TF")
        .Input(I64({1}, {1}))
        .Set("ngram_indexes", Ints{0, 1})
        .Set("weights", std::vector<float>{1})
        .RunOne();
  });
  ExpectError(ErrorCode::kInvalidModel, "'pool_strings' and 'pool_int64s'",
              [] { Vectorizer("TF").Input(I64({1}, {1})).Set("ngram_indexes", Ints{0}).RunOne(); });
}

}  // namespace
}  // namespace quantab
