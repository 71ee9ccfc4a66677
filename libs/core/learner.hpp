// A core whose decisions live on beyond its journal's inputs: orders that are out. When inputs of a tail are lost for good, what it said
// then cannot be derived; the journal's words are believed, and such a core is told of them.
#pragma once
#include "core/core.hpp"

namespace tickmesh {

class Learner {
 public:
  virtual ~Learner() = default;
  /// It said this, though the inputs that are left do not say so.
  virtual void learn(const Name& name, const Event& said) = 0;
  /// It never said this, though the inputs that are left say so. The last one first.
  virtual void unlearn(const Name& name, const Event& unsaid) = 0;
};

}  // namespace tickmesh
